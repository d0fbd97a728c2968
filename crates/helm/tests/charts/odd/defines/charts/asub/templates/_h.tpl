{{ define "shared" }}asub{{ end }}{{ define "asub.name" }}{{ .Chart.Name }}-{{ .Values.x }}{{ end }}{{ define "blk" }}blk-asub{{ end }}{{ define "empty" }}asub{{ end }}
