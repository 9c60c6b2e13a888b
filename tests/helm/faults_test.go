package helm

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// fault is a mistake in a template of the library chart.
type fault struct{ file, old, new string }

func faults() []fault {
	return []fault{
		{"_pod.tpl", "runAsNonRoot: true", "runAsNonRoot: false"},
		{"_pod.tpl", "fsGroup: 65532\n", ""},
		{"_pod.tpl", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"},
		{"_pod.tpl", "drop: [ALL]", "drop: [NET_RAW]"},
		{"_pod.tpl", "type: RuntimeDefault", "type: Unconfined"},
		{"_pod.tpl", "automountServiceAccountToken: false", "automountServiceAccountToken: true"},
		{"_pod.tpl", "enableServiceLinks: false", "enableServiceLinks: true"},
		{"_pod.tpl", "| int) 25", "| int) 15"},
		{"_pod.tpl", `default "20s"`, `default "5s"`},
		{"_pod.tpl", "{ path: /readyz, port: health }", "{ path: /livez, port: health }"},
		{"_pod.tpl", "livenessProbe:\n  httpGet: { path: /livez,", "livenessProbe:\n  httpGet: { path: /readyz,"},
		{"_pod.tpl", "containerPort: {{ .program.port }}", "containerPort: 80"},
		{"_pod.tpl", "resources: {{- toYaml .top.Values.resources | nindent 2 }}", "resources: {}"},
		{"_pod.tpl", "readOnly: true", "readonly: true"},
		{"_pod.tpl", "labels: {{- include \"notifications.labels\" .", "labels: {{- include \"notifications.about\" ."},
		{"_settings.tpl", `value: ":{{ .program.port }}"`, `value: "127.0.0.1:{{ .program.port }}"`},
		{"_settings.tpl", "$(POD_NAMESPACE).$(POD_NAME)", "$(POD_NAMESPACE)"},
		{"_settings.tpl", "$(POD_NAMESPACE).$(POD_NAME)", "$(POD_NAME)"},
		{"_settings.tpl", "value: /secrets/{{ $name }}", "value: /secret/{{ $name }}"},
		{"_settings.tpl", "path: {{ $name }} }]", "path: secret }]"},
		{"_settings.tpl", "defaultMode: 0440", "defaultMode: 0400"},
		{"_settings.tpl", "- name: MESSAGES_DIR", "- name: MESSAGE_DIR"},
		{"_names.tpl", "app.kubernetes.io/name: {{ .program.name }}\n", ""},
		{"_names.tpl", `"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$"`, `"^$"`},
		{"_workload.tpl", `serviceName: {{ include "notifications.fullname" . }}`, "serviceName: other"},
		{"_workload.tpl", "maxUnavailable: 1\n", "maxUnavailable: 1\n  minUnavailable: 1\n"},
		{"_service.tpl", "clusterIP: None\n", "type: ClusterIP\n"},
		{"_service.tpl", "publishNotReadyAddresses: true", "publishNotReadyAddresses: false"},
		{"_service.tpl", "port: {{ .program.port }}", "port: 80"},
		{"_service.tpl", "replacement: notifications", "replacement: workers"},
		{"_service.tpl", "{ targetLabel: program, ", "{ targetLabel: name, "},
		{"_service.tpl", "path: /metrics", "path: /"},
		{"_network.tpl", `(list "UDP" "TCP")`, `(list "TCP")`},
		{"_network.tpl", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]"},
		{"_network.tpl", `"peers" $policy.provider.to`, `"peers" list`},
		{"_network.tpl", `(regexFind "[0-9]+$" (trim .) | int)`, "9999"},
		{"_network.tpl", `"OTEL_EXPORTER_OTLP_ENDPOINT"`, `"OTEL_ENDPOINT"`},
		{"_network.tpl", "  from: {{- toYaml .peers | nindent 4 }}\n", ""},
		{"_topics.tpl", "app.kubernetes.io/name: {{ .program.name }}-topics", "app.kubernetes.io/name: {{ .program.name }}"},
		{"_topics.tpl", "helm.sh/hook: pre-install,pre-upgrade", "helm.sh/hook: post-install"},
		{"_topics.tpl", "args: [topics, ensure]", "args: [topics]"},
		{"_topics.tpl", "KAFKA_SECURITY_PROTOCOL|", ""},
		{"_topics.tpl", "restartPolicy: Never\n", "restartPolicy: Never\n      serviceAccountName: {{ include \"notifications.fullname\" . }}\n"},
		{"_topics.tpl", `"secrets" $topics.secrets`, `"secrets" .top.Values.secrets`},
	}
}

// everything switches on what a worker's chart can do.
func everything(t *testing.T, program config.Settings) values {
	t.Helper()
	v := required(t, program)
	for _, o := range optionsOf(program) {
		if slices.Contains([]string{"service monitor", "topics", "users", "workload", "traces"}, o.name) {
			v = with(v, o.states[len(o.states)-1]...)
		}
		if o.name == "texts" || o.name == "image" {
			v = with(v, o.states[1]...)
		}
	}
	return v
}

// Each rule that check holds a release to is broken on purpose, in memory.
func TestEachFaultOfATemplateIsNoticed(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		if program.Program().Name != "email-worker" {
			return
		}
		v := everything(t, program)
		if found := judge(t, program, chartOf(t, program), v); len(found) > 0 {
			t.Fatalf("without a fault: %q", found)
		}
		for _, f := range faults() {
			c := chartOf(t, program)
			f.into(t, c)
			if len(judge(t, program, c, v)) == 0 {
				t.Errorf("%s: nobody notices %q for %q", f.file, f.new, f.old)
			}
		}
	})
}

// into makes the mistake wherever the text stands.
func (f fault) into(t *testing.T, c *chart.Chart) {
	t.Helper()
	for _, template := range c.Dependencies()[0].Templates {
		if text := string(template.Data); template.Name == "templates/"+f.file && strings.Contains(text, f.old) {
			template.Data = []byte(strings.ReplaceAll(text, f.old, f.new))
			return
		}
	}
	t.Fatalf("%s: %q is not there", f.file, f.old)
}

// judge returns what check has against a release, or what keeps it from being
// rendered.
func judge(t *testing.T, program config.Settings, c *chart.Chart, v values) []string {
	t.Helper()
	files, err := render(c, "a", v)
	if err != nil {
		return []string{err.Error()}
	}
	all, err := decode(files)
	if err != nil {
		return []string{err.Error()}
	}
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		check(r, program, all, v)
	}()
	<-ended
	return r.found
}

// recorder keeps what a check finds, in place of failing the test.
type recorder struct {
	testing.TB
	found []string
}

func (r *recorder) Error(args ...any) { r.found = append(r.found, fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
