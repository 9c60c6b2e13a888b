{{- define "notifications.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "notifications.fullname" . }}
  labels: {{- include "notifications.labels" . | nindent 4 }}
data: {{- include "notifications.settings" .top.Values.settings | nindent 2 }}
{{- end }}

{{/* A map of settings as text. */}}
{{- define "notifications.settings" -}}
{{- range $name, $value := . }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "notifications.messages" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "notifications.fullname" . }}-messages
  labels: {{- include "notifications.labels" . | nindent 4 }}
data: {{- include "notifications.files" . | nindent 2 }}
{{- end }}

{{/* The operator's own texts, where the program writes any and the chart is given them. */}}
{{- define "notifications.files" -}}
{{- with get .top.Values "messages" }}{{ with .files }}{{ toYaml . }}{{ end }}{{ end -}}
{{- end }}

{{/* Whether the program writes with texts of the operator's own. */}}
{{- define "notifications.hasMessages" -}}
{{- with get .top.Values "messages" }}{{ if or .files .existingConfigMap }}yes{{ end }}{{ end -}}
{{- end }}

{{/* What the chart decides itself. It counts before the ConfigMap. */}}
{{- define "notifications.env" -}}
- name: HEALTH_ADDR
  value: ":{{ .program.port }}"
{{- if and .program.console .top.Values.console.enabled }}
- name: CONSOLE_ADDR
  value: ":{{ .program.console }}"
{{- end }}
{{- if eq (include "notifications.kind" .) "StatefulSet" }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: KAFKA_GROUP_INSTANCE_ID
  value: $(POD_NAMESPACE).$(POD_NAME)
{{- end }}
{{- if include "notifications.hasMessages" . }}
- name: MESSAGES_DIR
  value: /messages
{{- end }}
{{- include "notifications.secretEnv" .top.Values }}
{{- range $name, $value := .top.Values.environment }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Where the files are that hold "secrets" and "authorities". No secret is a variable. */}}
{{- define "notifications.secretEnv" -}}
{{- range $name, $source := .secrets }}
- name: {{ $name }}_FILE
  value: /secrets/{{ $name }}
{{- end }}
{{- range $name, $source := .authorities }}
- name: {{ $name }}
  value: /secrets/{{ $name }}
{{- end }}
{{- end }}

{{/* One volume of all these files, each named like its setting, readable for the program's group. */}}
{{- define "notifications.secretVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $source := .secrets }}
      - secret:
          name: {{ $source.name }}
          items: [{ key: {{ $source.key }}, path: {{ $name }} }]
      {{- end }}
      {{- range $name, $source := .authorities }}
      - {{ $source.kind | lower | replace "configmap" "configMap" }}:
          name: {{ $source.name }}
          items: [{ key: {{ $source.key }}, path: {{ $name }} }]
      {{- end }}
{{- end }}
