{{- define "notifications.kind" -}}
{{ get .top.Values "kind" | default "Deployment" }}
{{- end }}

{{/* Restricted by the pod security standards. */}}
{{- define "notifications.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "notifications.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* DRAIN_TIMEOUT in whole seconds; the schema admits minutes and seconds only. */}}
{{- define "notifications.drainSeconds" -}}
{{- $drain := get .top.Values.settings "DRAIN_TIMEOUT" | default "20s" | toString -}}
{{- $minutes := regexFind "[0-9]+m" $drain | trimSuffix "m" | default "0" | int -}}
{{- $seconds := regexFind "[0-9]+s?$" $drain | trimSuffix "s" | default "0" | int -}}
{{- add (mul 60 $minutes) $seconds -}}
{{- end }}

{{/*
A worker stops within DRAIN_TIMEOUT and 15 s for the last commit, for leaving the group and for the last
acknowledgements. Ten more, so that the kubelet does not kill what is about to end.
*/}}
{{- define "notifications.grace" -}}
{{ add (include "notifications.drainSeconds" . | int) 25 }}
{{- end }}

{{- define "notifications.probes" -}}
{{- /* Liveness never fails because Kafka or a provider is away; a start that takes a minute is still one. */ -}}
startupProbe:
  httpGet: { path: /livez, port: health }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /livez, port: health }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: health }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{- define "notifications.container" -}}
name: {{ .program.name }}
image: {{ include "notifications.image" (dict "top" .top "image" .top.Values.image) | quote }}
imagePullPolicy: {{ .top.Values.image.pullPolicy }}
{{- with .program.args }}
args: {{ toJson . }}
{{- end }}
envFrom:
  - configMapRef: { name: {{ include "notifications.fullname" . }} }
env: {{- include "notifications.env" . | nindent 2 }}
ports:
  - { name: health, containerPort: {{ .program.port }} }
  {{- if and .program.console .top.Values.console.enabled }}
  - { name: console, containerPort: {{ .program.console }} }
  {{- end }}
{{ include "notifications.probes" . }}
securityContext: {{- include "notifications.containerSecurity" . | nindent 2 }}
resources: {{- toYaml .top.Values.resources | nindent 2 }}
{{- with include "notifications.mounts" . }}
volumeMounts: {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "notifications.mounts" -}}
{{- if or .top.Values.secrets .top.Values.authorities }}
- { name: secrets, mountPath: /secrets, readOnly: true }
{{- end }}
{{- if include "notifications.hasMessages" . }}
- { name: messages, mountPath: /messages, readOnly: true }
{{- end }}
{{- end }}

{{- define "notifications.volumes" -}}
{{- if or .top.Values.secrets .top.Values.authorities }}
{{ include "notifications.secretVolume" .top.Values }}
{{- end }}
{{- if include "notifications.hasMessages" . }}
- name: messages
  configMap: { name: {{ .top.Values.messages.existingConfigMap | default (printf "%s-messages" (include "notifications.fullname" .)) }} }
{{- end }}
{{- end }}

{{/* Programs read settings and texts at start only: the checksums start them anew when those change. */}}
{{- define "notifications.podMetadata" -}}
labels: {{- include "notifications.labels" . | nindent 2 }}
  {{- with .top.Values.podLabels }}{{ toYaml . | nindent 2 }}{{ end }}
annotations:
  checksum/settings: {{ include "notifications.settings" .top.Values.settings | sha256sum }}
  {{- with include "notifications.files" . }}
  checksum/messages: {{ sha256sum . }}
  {{- end }}
  {{- with .top.Values.podAnnotations }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}

{{- define "notifications.pod" -}}
metadata: {{- include "notifications.podMetadata" . | nindent 2 }}
spec:
  serviceAccountName: {{ include "notifications.fullname" . }}
  automountServiceAccountToken: false
  # Variables that Kubernetes makes of services look like settings (KAFKA_PORT).
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "notifications.grace" . }}
  securityContext: {{- include "notifications.podSecurity" . | nindent 4 }}
  containers:
    - {{- include "notifications.container" . | nindent 6 }}
  {{- with include "notifications.volumes" . }}
  volumes: {{- . | nindent 4 }}
  {{- end }}
  {{- include "notifications.scheduling" . | nindent 2 }}
{{- end }}

{{- define "notifications.scheduling" -}}
{{- if .top.Values.topologySpread }}
topologySpreadConstraints:
  {{- $selector := include "notifications.selector" . }}
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- $selector | nindent 8 }}
  {{- end }}
{{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "imagePullSecrets" }}
{{- with index $.top.Values $field }}
{{ $field }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
