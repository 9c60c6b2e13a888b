{{- define "notifications.network" -}}
{{- $policy := .top.Values.networkPolicy }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "notifications.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- include "notifications.from" (dict "peers" $policy.metrics.from "port" "health") | nindent 4 }}
    {{- if and .program.console .top.Values.console.enabled }}
    {{- include "notifications.from" (dict "peers" $policy.console.from "port" "console") | nindent 4 }}
    {{- end }}
  egress:
    {{- include "notifications.toCluster" . | nindent 4 }}
    {{- with .program.provider }}
    {{- $ports := list (include "notifications.urlPort" (get $.top.Values.settings .) | int) }}
    {{- include "notifications.to" (dict "peers" $policy.provider.to "ports" $ports "protocols" (list "TCP")) | nindent 4 }}
    {{- end }}
    {{- range list "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" }}
    {{- with get $.top.Values.settings . }}
    {{- $ports := list (include "notifications.urlPort" . | int) }}
    {{- include "notifications.to" (dict "peers" $policy.traces.to "ports" $ports "protocols" (list "TCP")) | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- with $policy.egress }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}

{{/* Name service and brokers: what every program needs, and all that `notifyctl topics` needs. */}}
{{- define "notifications.toCluster" -}}
{{- $policy := .top.Values.networkPolicy -}}
{{- include "notifications.to" (dict "peers" $policy.dns.to "ports" $policy.dns.ports "protocols" (list "UDP" "TCP")) }}
{{- $ports := $policy.kafka.ports }}
{{- range splitList "," .top.Values.settings.KAFKA_BOOTSTRAP_SERVERS }}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | int) }}
{{- end }}
{{ include "notifications.to" (dict "peers" $policy.kafka.to "ports" $ports "protocols" (list "TCP")) }}
{{- end }}

{{/* A rule for some peers; no peers are everybody. */}}
{{- define "notifications.to" -}}
- ports:
    {{- $protocols := .protocols }}
    {{- range $port := .ports | uniq }}
    {{- range $protocols }}
    - { protocol: {{ . }}, port: {{ $port | int }} }
    {{- end }}
    {{- end }}
  {{- with .peers }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* A rule for some peers; no peers are nobody. */}}
{{- define "notifications.from" -}}
{{- if .peers -}}
- ports: [{ protocol: TCP, port: {{ .port }} }]
  from: {{- toYaml .peers | nindent 4 }}
{{- end }}
{{- end }}

{{/* The port of an address; empty is the provider's own address. */}}
{{- define "notifications.urlPort" -}}
{{- $url := urlParse (. | default "https://provider") -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "http" | ternary "80" "443") -}}
{{- end }}
