{{ define "common.cm" }}kind: ConfigMap
name: {{ .name }}-{{ .ctx.Release.Name }}
chart: {{ .ctx.Chart.Name }}{{ end }}
