{{- define "container" -}}
image: {{ printf "%s:%s" .root.Values.image.repository .root.Values.image.tag | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: {{ toJson .command }}
env:
  - name: REGISTRY_HTTP_SECRET
    valueFrom: {secretKeyRef: {name: {{ include "fullname" .root }}-secret, key: haSharedSecret}}
  {{- if eq .root.Values.storage "azure" }}
  {{- range $variable, $key := dict "ACCOUNTNAME" "azureAccountName" "ACCOUNTKEY" "azureAccountKey" "CONTAINER" "azureContainer" }}
  - name: REGISTRY_STORAGE_AZURE_{{ $variable }}
    valueFrom: {secretKeyRef: {name: {{ include "fullname" $.root }}-secret, key: {{ $key }}}}
  {{- end }}
  {{- end }}
  {{- with .root.Values.extraEnvVars }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/distribution
{{- if .root.Values.containerSecurityContext.enabled }}
securityContext:
  {{- omit .root.Values.containerSecurityContext "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pod" -}}
{{- if or .root.Values.serviceAccount.create .root.Values.serviceAccount.name }}
serviceAccountName: {{ .root.Values.serviceAccount.name | default (include "fullname" .root) }}
{{- end }}
{{- if .root.Values.securityContext.enabled }}
securityContext:
  {{- omit .root.Values.securityContext "enabled" | toYaml | nindent 2 }}
{{- end }}
volumes:
  - name: config
    configMap: {name: {{ include "fullname" .root }}-config}
{{- end }}

{{- define "labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- end }}

{{- define "fullname" -}}
{{ .Release.Name }}-{{ .Chart.Name }}
{{- end }}
