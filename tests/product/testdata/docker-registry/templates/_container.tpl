{{- define "container" -}}
image: {{ printf "%s:%s" .root.Values.image.repository .root.Values.image.tag | quote }}
command: {{ toJson .command }}
env:
  - name: REGISTRY_HTTP_SECRET
    valueFrom: {secretKeyRef: {name: {{ .root.Release.Name }}-secret, key: haSharedSecret}}
  {{- if eq .root.Values.storage "azure" }}
  {{- range $variable, $key := dict "ACCOUNTNAME" "azureAccountName" "ACCOUNTKEY" "azureAccountKey" "CONTAINER" "azureContainer" }}
  - name: REGISTRY_STORAGE_AZURE_{{ $variable }}
    valueFrom: {secretKeyRef: {name: {{ $.root.Release.Name }}-secret, key: {{ $key }}}}
  {{- end }}
  {{- end }}
  {{- with .root.Values.extraEnvVars }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/distribution
securityContext:
  {{- omit .root.Values.containerSecurityContext "enabled" | toYaml | nindent 2 }}
{{- end }}
