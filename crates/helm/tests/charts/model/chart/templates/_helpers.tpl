{{- define "model.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "model.labels" -}}
app: {{ include "model.name" . }}
version: {{ .Values.version | quote }}
{{- end -}}
