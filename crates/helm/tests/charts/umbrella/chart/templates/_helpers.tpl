{{- define "umbrella.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name | quote }}
{{- end }}
