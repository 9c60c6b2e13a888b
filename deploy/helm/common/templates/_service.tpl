{{/*
For Prometheus, and for the names of a StatefulSet's pods. A worker that is not ready, because its account is refused,
is the one whose metrics matter.
*/}}
{{- define "notifications.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  ports:
    - { name: health, port: {{ .program.port }}, targetPort: health }
  selector: {{- include "notifications.selector" . | nindent 4 }}
{{- end }}

{{- define "notifications.console" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "notifications.fullname" . }}-console
  labels: {{- include "notifications.about" . | nindent 4 }}
spec:
  ports:
    - { name: console, port: {{ .program.console }}, targetPort: console }
  selector: {{- include "notifications.selector" . | nindent 4 }}
{{- end }}

{{/* Job and program are the labels that deploy/prometheus/alerts.yml asks for. */}}
{{- define "notifications.monitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "notifications.fullname" . }}
  labels:
    {{- include "notifications.labels" . | nindent 4 }}
    {{- with .top.Values.serviceMonitor.labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  selector:
    matchLabels: {{- include "notifications.selector" . | nindent 6 }}
  endpoints:
    - port: health
      path: /metrics
      interval: {{ .top.Values.serviceMonitor.interval }}
      relabelings:
        - { targetLabel: job, replacement: notifications }
        - { targetLabel: program, replacement: {{ .program.name }} }
{{- end }}
