{{- define "notifications.notes" -}}
{{- $name := include "notifications.fullname" . -}}
{{- $namespace := .top.Release.Namespace -}}
{{- $kind := include "notifications.kind" . | lower -}}
{{ .program.name }} {{ .top.Values.image.digest | default .top.Values.image.tag }} runs as {{ $kind }}/{{ $name }}.

  kubectl -n {{ $namespace }} rollout status {{ $kind }}/{{ $name }}
  kubectl -n {{ $namespace }} logs -l app.kubernetes.io/instance={{ .top.Release.Name }} --tail 20
  kubectl -n {{ $namespace }} port-forward {{ $kind }}/{{ $name }} {{ .program.port }}     # then http://127.0.0.1:{{ .program.port }}/status
{{- if .program.console }}
{{- if .top.Values.console.enabled }}
  kubectl -n {{ $namespace }} port-forward service/{{ $name }}-console {{ .program.console }}   # the console; for others, TLS belongs in front of it
{{- else }}
  kubectl -n {{ $namespace }} port-forward {{ $kind }}/{{ $name }} {{ .program.console }}     # the console, for whoever may forward ports
{{- end }}
{{- end }}
{{ if not .top.Values.topics.ensure }}
It exits with code 1 until all topics exist: run `notifyctl topics ensure` once, or set topics.ensure.
{{- end }}
{{- if and (eq .program.name "sms-worker") (ne (toString (get .top.Values.settings "SMS_WORKER_ENABLED")) "true") }}
It is idle and healthy until settings.SMS_WORKER_ENABLED is true.
{{- end }}
Secrets are read at start: after a change, kubectl -n {{ $namespace }} rollout restart {{ $kind }}/{{ $name }}.
{{- end }}
