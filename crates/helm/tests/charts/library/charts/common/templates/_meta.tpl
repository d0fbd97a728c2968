{{- define "common.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
team: {{ .Values.team }}
{{- end }}

{{/* a function: gives JSON back */}}
{{- define "common.image" -}}
{{- $image := dict "ref" (printf "%s:%s" .repository (.tag | toString)) "policy" (ternary "Always" "IfNotPresent" (eq .tag "latest")) -}}
{{- toJson $image -}}
{{- end }}
