partial sub {{ .Chart.Name }}
