{{- define "origins.name" -}}
{{- printf "%s-%s" .Release.Name .Values.model.name | trunc 20 | trimSuffix "-" -}}
{{- end -}}
{{- define "origins.labels" -}}
app: {{ include "origins.name" . | quote }}
version: {{ .Chart.AppVersion | quote }}
{{- end -}}
