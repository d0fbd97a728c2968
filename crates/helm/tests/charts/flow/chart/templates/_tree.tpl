{{- define "tree" }}
{{- range . }}
- name: {{ .name }}
  {{- with .below }}
  below: {{- include "tree" . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
{{- define "greet" }}hello {{ .who | default "nobody" }}{{ end -}}
{{- define "overridden" }}second{{ end -}}
