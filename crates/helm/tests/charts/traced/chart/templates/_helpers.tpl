{{- define "traced.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "traced.labels" -}}
{{- $labels := dict "instance" .Release.Name "managed-by" .Release.Service -}}
{{- merge (deepCopy .Values.commonLabels) $labels | toYaml -}}
{{- end -}}
{{- define "traced.placed" -}}
{{- $text := index . 0 -}}
{{- $namespace := index . 1 -}}
{{- $text | replace "namespace: any\n" (printf "namespace: %s\n" $namespace) -}}
{{- end -}}
{{- define "traced.version" -}}
{{- if regexMatch "^[0-9]+\\.[0-9]+\\.[0-9]+" .Values.image.tag -}}
{{- $version := semver .Values.image.tag -}}
{{- printf "%d.%d.%d" $version.Major $version.Minor $version.Patch -}}
{{- else -}}
{{- .Chart.AppVersion -}}
{{- end -}}
{{- end -}}
