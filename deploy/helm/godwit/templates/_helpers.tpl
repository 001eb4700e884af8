{{- define "godwit.name" -}}
{{ printf "%s-godwit" .Release.Name }}
{{- end -}}

{{- define "godwit.labels" -}}
app.kubernetes.io/name: godwit
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "godwit.selector" -}}
app.kubernetes.io/name: godwit
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "godwit.pod-metadata" -}}
labels:
  {{- include "godwit.selector" . | nindent 2 }}
annotations:
  # Other settings are other pods.
  checksum/settings: {{ .root.Values.settings | toYaml | sha256sum }}
{{- end -}}

{{- define "godwit.pod" -}}
serviceAccountName: {{ include "godwit.name" .root }}
automountServiceAccountToken: false
{{- if .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml .root.Values.imagePullSecrets | nindent 2 }}
{{- end }}
# It ends in good order within 25 seconds, whoever does not answer.
terminationGracePeriodSeconds: 40
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
containers:
  - name: godwit
    image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [{{ .command | quote }}, "--listen", "0.0.0.0:8025"]
    env:
      - name: DATABASE_URL
        valueFrom:
          secretKeyRef:
            name: {{ .root.Values.secret.name }}
            key: database-url
      - name: GODWIT_KEY
        value: file:/run/godwit-key/key
      {{- if .root.Values.extraEnv }}
      {{- toYaml .root.Values.extraEnv | nindent 6 }}
      {{- end }}
    ports:
      - name: health
        containerPort: 8025
    startupProbe:
      httpGet: { path: /healthz, port: health }
      periodSeconds: 2
      failureThreshold: 30
    livenessProbe:
      httpGet: { path: /healthz, port: health }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: { path: /readyz, port: health }
      periodSeconds: 5
      timeoutSeconds: 5
    resources:
      {{- toYaml .resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    volumeMounts:
      - { name: settings, mountPath: /etc/godwit, readOnly: true }
      - { name: key, mountPath: /run/godwit-key, readOnly: true }
      - { name: state, mountPath: /var/lib/godwit }
      - { name: cache, mountPath: /var/cache/godwit }
      - { name: run, mountPath: /run/godwit }
      - { name: tmp, mountPath: /tmp }
volumes:
  - name: settings
    configMap:
      name: {{ include "godwit.name" .root }}
  - name: key
    secret:
      secretName: {{ .root.Values.secret.name }}
      defaultMode: 0440
      items:
        - { key: key, path: key }
  - { name: cache, emptyDir: {} }
  - { name: run, emptyDir: {} }
  - { name: tmp, emptyDir: {} }
  {{- if not .keepsState }}
  - { name: state, emptyDir: {} }
  {{- end }}
{{- if .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml .root.Values.nodeSelector | nindent 2 }}
{{- end }}
{{- if .root.Values.tolerations }}
tolerations:
  {{- toYaml .root.Values.tolerations | nindent 2 }}
{{- end }}
# Rather on different machines.
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "godwit.selector" . | nindent 8 }}
{{- end -}}
