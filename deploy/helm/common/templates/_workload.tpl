{{- define "notifications.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

{{- define "notifications.workload" -}}
apiVersion: apps/v1
kind: {{ include "notifications.kind" . }}
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
spec:
  replicas: {{ .top.Values.replicas | int }}
  # Not the next one before the lanes of this one have settled.
  minReadySeconds: 10
  revisionHistoryLimit: 5
  selector:
    matchLabels: {{- include "notifications.selector" . | nindent 6 }}
  {{- if eq (include "notifications.kind" .) "StatefulSet" }}
  serviceName: {{ include "notifications.fullname" . }}
  # In order would mean that a replica whose node is lost waits while its predecessors are not ready, as in an outage.
  podManagementPolicy: Parallel
  updateStrategy: { type: RollingUpdate }
  {{- else if eq .top.Values.strategy "Recreate" }}
  strategy: { type: Recreate }
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  {{- end }}
  template: {{- include "notifications.pod" . | nindent 4 }}
{{- end }}

{{/* An outage makes all replicas unready; that is no reason to keep a node from being drained. */}}
{{- define "notifications.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "notifications.selector" . | nindent 6 }}
{{- end }}

{{/* Everything that a chart consists of. */}}
{{- define "notifications.manifests" -}}
{{- $values := .top.Values }}
{{ include "notifications.serviceaccount" . }}
---
{{ include "notifications.configmap" . }}
{{- if include "notifications.files" . }}
---
{{ include "notifications.messages" . }}
{{- end }}
---
{{ include "notifications.workload" . }}
---
{{ include "notifications.service" . }}
{{- if and .program.console $values.console.enabled }}
---
{{ include "notifications.console" . }}
{{- end }}
{{- if $values.podDisruptionBudget.enabled }}
---
{{ include "notifications.disruption" . }}
{{- end }}
{{- if $values.networkPolicy.enabled }}
---
{{ include "notifications.network" . }}
{{- end }}
{{- if $values.serviceMonitor.enabled }}
---
{{ include "notifications.monitor" . }}
{{- end }}
{{- if $values.topics.ensure }}
---
{{ include "notifications.topics" . }}
{{- if $values.networkPolicy.enabled }}
---
{{ include "notifications.topicsNetwork" . }}
{{- end }}
{{- end }}
{{- end }}
