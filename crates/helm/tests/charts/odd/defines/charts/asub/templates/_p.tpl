partial asub {{ .Chart.Name }}
