{{ define "shared" }}parent-a{{ end }}{{ define "only.parent" }}op {{ .Chart.Name }}{{ end }}{{ define "late" }}{{ include "early" . }}{{ end }}
