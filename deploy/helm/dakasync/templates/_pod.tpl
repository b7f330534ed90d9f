{{- /* What worker and starter share of a pod's environment. */ -}}
{{- define "dakasync.env" -}}
- {name: DAKASYNC_HTTP_ADDR, value: ":8080"}
- {name: DAKASYNC_MIGRATE, value: {{ not .Values.migrations.enabled | toString | quote }}}
- {name: TEMPORAL_ADDRESS, value: {{ .Values.temporal.address | quote }}}
- {name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }}}
{{- with .Values.temporal.apiKey }}{{ if .name }}
- {name: TEMPORAL_API_KEY, valueFrom: {{ include "dakasync.secretRef" . }}}
{{- end }}{{ end }}
{{- with .Values.temporal.tls }}
{{- if .enabled }}
- {name: TEMPORAL_TLS, value: "true"}
{{- end }}
{{- with .serverName }}
- {name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }}}
{{- end }}
{{- if .clientCert.name }}
- {name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: {{ printf "/etc/dakasync/temporal-client/%s" .clientCert.certKey | quote }}}
- {name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: {{ printf "/etc/dakasync/temporal-client/%s" .clientCert.keyKey | quote }}}
{{- end }}
{{- if .serverCA.name }}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: {{ printf "/etc/dakasync/temporal-server/%s" .serverCA.key | quote }}}
{{- end }}
{{- end }}
{{- range $name, $ref := .Values.secrets }}{{ if $ref }}
- {name: {{ $name }}, valueFrom: {{ include "dakasync.secretRef" $ref }}}
{{- end }}{{ end }}
{{- range $name, $ref := .Values.secretFiles }}{{ if $ref }}
- {name: {{ $name }}, value: {{ printf "/etc/dakasync/settings/%s/%s" (lower $name | replace "_" "-") $ref.key | quote }}}
{{- end }}{{ end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "dakasync.mounts" -}}
{{- if .Values.temporal.tls.clientCert.name }}
- {name: temporal-client, mountPath: /etc/dakasync/temporal-client, readOnly: true}
{{- end }}
{{- if .Values.temporal.tls.serverCA.name }}
- {name: temporal-server, mountPath: /etc/dakasync/temporal-server, readOnly: true}
{{- end }}
{{- range $name, $ref := .Values.secretFiles }}{{ if $ref }}
- {name: {{ lower $name | replace "_" "-" }}, mountPath: /etc/dakasync/settings/{{ lower $name | replace "_" "-" }}, readOnly: true}
{{- end }}{{ end }}
{{- include "dakasync.databaseMount" . }}
{{- end -}}

{{- define "dakasync.databaseMount" -}}
{{- if .Values.database.serverCA.name }}
- {name: postgres, mountPath: /etc/dakasync/postgres, readOnly: true}
{{- end }}
{{- end -}}

{{- /* Readable by the pod's group and nobody else. */ -}}
{{- define "dakasync.volumes" -}}
{{- with .Values.temporal.tls.clientCert }}{{ if .name }}
- name: temporal-client
  secret: {secretName: {{ .name | quote }}, defaultMode: 0440, items: [{key: {{ .certKey | quote }}, path: {{ .certKey | quote }}}, {key: {{ .keyKey | quote }}, path: {{ .keyKey | quote }}}]}
{{- end }}{{ end }}
{{- with .Values.temporal.tls.serverCA }}{{ if .name }}
- name: temporal-server
  secret: {secretName: {{ .name | quote }}, defaultMode: 0440, items: [{key: {{ .key | quote }}, path: {{ .key | quote }}}]}
{{- end }}{{ end }}
{{- range $name, $ref := .Values.secretFiles }}{{ if $ref }}
- name: {{ lower $name | replace "_" "-" }}
  secret: {secretName: {{ $ref.name | quote }}, defaultMode: 0440, items: [{key: {{ $ref.key | quote }}, path: {{ $ref.key | quote }}}]}
{{- end }}{{ end }}
{{- include "dakasync.databaseVolume" . }}
{{- end -}}

{{- define "dakasync.databaseVolume" -}}
{{- with .Values.database.serverCA }}{{ if .name }}
- name: postgres
  secret: {secretName: {{ .name | quote }}, defaultMode: 0440, items: [{key: {{ .key | quote }}, path: {{ .key | quote }}}]}
{{- end }}{{ end }}
{{- end -}}

{{- /* A pod of worker or starter: (dict "root" $ "program" … "image" … "extraLabels" dict "env" list). */ -}}
{{- define "dakasync.pod" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .program -}}
{{- $selector := include "dakasync.selector" $root | fromYaml -}}
{{- $own := merge (dict "app.kubernetes.io/component" .program) .extraLabels -}}
metadata:
  annotations:
    checksum/settings: {{ include (print $root.Template.BasePath "/settings.yaml") $root | sha256sum }}
    {{- if $root.Values.metrics.annotations }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    prometheus.io/path: /metrics
    {{- end }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- toYaml (merge (dict) $selector $own $root.Values.podLabels) | nindent 4 }}
spec:
  serviceAccountName: {{ include "dakasync.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- include "dakasync.pullSecrets" $root | nindent 2 }}
  securityContext:
    {{- include "dakasync.podSecurity" $root | nindent 4 }}
  containers:
    - name: {{ .program }}
      image: {{ .image | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [/bin/{{ .program }}]
      envFrom:
        - configMapRef: {name: {{ include "dakasync.fullname" $root }}}
      env:
        {{- include "dakasync.env" $root | nindent 8 }}
        {{- range .env }}
        - {{ toJson . }}
        {{- end }}
      ports:
        - {name: http, containerPort: 8080, protocol: TCP}
      # The process answers as soon as it listens, and /readyz with 503 as long as something is not well.
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      securityContext:
        {{- include "dakasync.containerSecurity" $root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      {{- with include "dakasync.mounts" $root | trim }}
      volumeMounts:
        {{- . | nindent 8 }}
      {{- end }}
  {{- with include "dakasync.volumes" $root | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if $values.topologySpreadConstraints }}
    {{- toYaml $values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- toYaml (merge (dict) $selector $own) | nindent 10 }}
    {{- end }}
{{- end -}}
