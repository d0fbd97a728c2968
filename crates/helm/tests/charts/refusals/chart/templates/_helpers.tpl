{{- define "fails" }}
{{- fail (printf "no such mode %q" .) }}
{{- end }}
