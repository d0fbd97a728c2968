{{- define "overridden" }}first{{ end -}}
