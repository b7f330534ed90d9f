{{- define "dakasync.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{- define "dakasync.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains (include "dakasync.name" .) .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "dakasync.name" .) | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "dakasync.selector" -}}
app.kubernetes.io/name: {{ include "dakasync.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "dakasync.labels" -}}
{{ include "dakasync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "dakasync.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "dakasync.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* An image by digest or tag: (list root tag digest). */ -}}
{{- define "dakasync.image" -}}
{{- $root := index . 0 -}}
{{- $tag := index . 1 -}}
{{- $digest := index . 2 -}}
{{- if $digest -}}
{{- printf "%s@%s" $root.Values.image.repository $digest -}}
{{- else -}}
{{- printf "%s:%s" $root.Values.image.repository (default $root.Chart.AppVersion $tag) -}}
{{- end -}}
{{- end -}}

{{- define "dakasync.buildId" -}}
{{- .Values.versioning.buildId | default .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- /* A build id as a part of names and labels: readable, and still one of its own. */ -}}
{{- define "dakasync.buildName" -}}
{{- printf "%s-%s" (regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trunc 16 | trimAll "-") (sha256sum . | trunc 6) | trimPrefix "-" -}}
{{- end -}}

{{- /* The worker's builds as a JSON list; the current one is the first. */ -}}
{{- define "dakasync.builds" -}}
{{- $current := dict "image" (include "dakasync.image" (list . .Values.image.tag .Values.image.digest)) "replicas" .Values.worker.replicas "current" true "buildId" "" "suffix" "" -}}
{{- $builds := list -}}
{{- if .Values.versioning.deployment -}}
{{- $id := include "dakasync.buildId" . -}}
{{- $builds = list (merge (dict "buildId" $id "suffix" (printf "-%s" (include "dakasync.buildName" $id))) $current) -}}
{{- range .Values.versioning.keep -}}
{{- if eq .buildId $id -}}{{- fail (printf "versioning.keep names the build %s, which is the current one: give the new build a versioning.buildId of its own" $id) -}}{{- end -}}
{{- $builds = append $builds (dict "buildId" .buildId "suffix" (printf "-%s" (include "dakasync.buildName" .buildId)) "image" (include "dakasync.image" (list $ (.tag | default "") (.digest | default ""))) "replicas" (.replicas | default 1) "current" false) -}}
{{- end -}}
{{- else if .Values.versioning.buildId -}}
{{- fail "versioning.buildId is set without versioning.deployment: set both for Worker Versioning, or neither" -}}
{{- else if .Values.versioning.keep -}}
{{- fail "versioning.keep is set without versioning.deployment: builds live side by side only with Worker Versioning" -}}
{{- else -}}
{{- $builds = list $current -}}
{{- end -}}
{{- toJson $builds -}}
{{- end -}}

{{- /* A setting's value as text: a whole number must not become 1e+06. */ -}}
{{- define "dakasync.text" -}}
{{- if kindIs "float64" . -}}{{- printf "%.0f" . -}}{{- else -}}{{- toString . -}}{{- end -}}
{{- end -}}

{{- define "dakasync.taskQueue" -}}
{{- .Values.settings.DAKASYNC_TASK_QUEUE | default "dakasync" -}}
{{- end -}}

{{- define "dakasync.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "dakasync.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "dakasync.secretRef" -}}
{{- printf "{secretKeyRef: {name: %s, key: %s}}" (quote .name) (quote .key) -}}
{{- end -}}

{{- define "dakasync.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}
