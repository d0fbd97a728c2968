{{ define "shared" }}parent-b{{ end }}{{ define "early" }}early{{ end }}{{ define "empty" }}{{/* nothing */}}{{ end }}
