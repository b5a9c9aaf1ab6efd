{{- define "handrail.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "handrail.labels" -}}
app.kubernetes.io/name: handrail
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "handrail.pod" -}}
automountServiceAccountToken: false
{{- /* In a release called handrail their names would begin as our settings do, and a setting that is unknown stops the start. */}}
enableServiceLinks: false
terminationGracePeriodSeconds: 40
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "handrail.labels" . | nindent 8 }}
{{- end }}

{{- define "handrail.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [serve, {{ .part }}]
envFrom:
  - configMapRef: {name: {{ include "handrail.name" .root }}-settings}
  - secretRef: {name: {{ .root.Values.secretName }}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{- toYaml (index .root.Values .part).resources | nindent 2 }}
volumeMounts:
  - {name: var, mountPath: /var/lib/handrail}
  - {name: tmp, mountPath: /tmp}
{{- end }}
