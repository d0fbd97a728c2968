{{ define "shared" }}sub{{ end }}{{ define "sub.name" }}{{ .Chart.Name }}-{{ .Values.x }}{{ end }}{{ define "blk" }}blk-sub{{ end }}{{ define "empty" }}sub{{ end }}
