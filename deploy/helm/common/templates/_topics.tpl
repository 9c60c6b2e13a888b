{{/* Of the program's settings, those that topics are created and found by; topics.settings count before them. */}}
{{- define "notifications.topicSettings" -}}
{{- $settings := dict }}
{{- range $name, $value := .top.Values.settings }}
{{- if regexMatch "^(KAFKA_BOOTSTRAP_SERVERS|KAFKA_SECURITY_PROTOCOL|KAFKA_SASL_MECHANISM|KAFKA_TOPIC_.+|LEDGER_RETENTION)$" $name }}
{{- $_ := set $settings $name $value }}
{{- end }}
{{- end }}
{{- toJson (merge (deepCopy .top.Values.topics.settings) $settings) }}
{{- end }}

{{/* Labels that no selector of the program's matches. */}}
{{- define "notifications.topicsSelector" -}}
app.kubernetes.io/name: {{ .program.name }}-topics
app.kubernetes.io/instance: {{ .top.Release.Name }}
{{- end }}

{{/* Before the program: `notifyctl topics ensure`, as a user of its own. */}}
{{- define "notifications.topics" -}}
{{- $topics := .top.Values.topics }}
{{- $files := dict "secrets" $topics.secrets "authorities" (pick .top.Values.authorities "KAFKA_TLS_CA_FILE") }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "notifications.fullname" . }}-topics
  labels: {{- include "notifications.topicsSelector" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "0"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 3
  # Below the five minutes that Helm waits.
  activeDeadlineSeconds: 240
  template:
    metadata:
      labels: {{- include "notifications.topicsSelector" . | nindent 8 }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext: {{- include "notifications.podSecurity" . | nindent 8 }}
      containers:
        - name: notifyctl
          image: {{ include "notifications.image" (dict "top" .top "image" $topics.image) | quote }}
          imagePullPolicy: {{ $topics.image.pullPolicy }}
          args: [topics, ensure]
          env:
            {{- range $name, $value := include "notifications.topicSettings" . | fromJson }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
            {{- include "notifications.secretEnv" $files | nindent 12 }}
          securityContext: {{- include "notifications.containerSecurity" . | nindent 12 }}
          resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { memory: 256Mi } }
          {{- if or $files.secrets $files.authorities }}
          volumeMounts:
            - { name: secrets, mountPath: /secrets, readOnly: true }
          {{- end }}
      {{- if or $files.secrets $files.authorities }}
      volumes: {{- include "notifications.secretVolume" $files | nindent 8 }}
      {{- end }}
      {{- range $field := list "nodeSelector" "tolerations" "imagePullSecrets" }}
      {{- with index $.top.Values $field }}
      {{ $field }}: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
{{- end }}

{{/* Where nothing may leave the namespace by default, the job needs its way before the release has any object. */}}
{{- define "notifications.topicsNetwork" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "notifications.fullname" . }}-topics
  labels: {{- include "notifications.topicsSelector" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-1"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  podSelector:
    matchLabels: {{- include "notifications.topicsSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress: {{- include "notifications.toCluster" . | nindent 4 }}
{{- end }}
