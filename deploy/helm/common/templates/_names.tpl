{{/*
Each template is given a dict: "top", the root context of the chart that includes it, and "program", what the chart
says of its program (templates/manifests.yaml).
*/}}

{{/*
The name of all objects: the release, and the program where the release does not name it. 52 characters leave room for
what Kubernetes appends in labels; what is too long is taken off the release, so that two programs never share a name.
*/}}
{{- define "notifications.fullname" -}}
{{- $release := .top.Release.Name -}}
{{- $suffix := "" -}}
{{- if not (contains .program.name $release) }}{{ $suffix = printf "-%s" .program.name }}{{ end -}}
{{- $release | trunc (sub 52 (len $suffix) | int) | trimSuffix "-" }}{{ $suffix }}
{{- end }}

{{/* What selects the program's pods. It may never change: selectors of workloads are immutable. */}}
{{- define "notifications.selector" -}}
app.kubernetes.io/name: {{ .program.name }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
{{- end }}

{{- define "notifications.labels" -}}
{{ include "notifications.selector" . }}
{{ include "notifications.about" . }}
{{- end }}

{{/* The image's tag in the form of a label. */}}
{{- define "notifications.version" -}}
{{- regexReplaceAll "^[^A-Za-z0-9]+|[^A-Za-z0-9]+$" (trunc 63 .top.Values.image.tag) "" -}}
{{- end }}

{{/* Labels that select nothing. */}}
{{- define "notifications.about" -}}
app.kubernetes.io/part-of: kafka-notifications
{{- with include "notifications.version" . }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .top.Chart.Name .top.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* An image by its digest, or else by its tag; without one it is of the program's version. */}}
{{- define "notifications.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .top.Values.image.tag }}
{{- end -}}
{{- end }}
