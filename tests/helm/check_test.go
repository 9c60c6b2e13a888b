package helm

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	admission "k8s.io/pod-security-admission/api"
	security "k8s.io/pod-security-admission/policy"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
)

// check holds a release to what is true of every one.
func check(t testing.TB, program config.Settings, all objects, v values) {
	t.Helper()
	w := all.workload(t)
	env := environment(t, all, w)
	checkSelectors(t, all, w)
	checkSecurity(t, all, w)
	checkSecrets(t, program, all, w)
	checkProbes(t, w, env)
	checkIdentity(t, all, w)
	checkScraping(t, all, w)
	checkNetwork(t, program, all, w, env)
	checkJob(t, program, all, w)
	checkStart(t, program, all, w, env)
	if v["topics"] != nil && len(all.jobs) == 0 && v["topics"].(map[string]any)["ensure"] == true {
		t.Error("nothing ensures the topics")
	}
}

func matches(t testing.TB, selector *meta.LabelSelector, with map[string]string) bool {
	t.Helper()
	s, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return !s.Empty() && s.Matches(labels.Set(with))
}

// checkSelectors asks that everything which is about the program's pods finds
// them, and finds no other program's and not the job's.
func checkSelectors(t testing.TB, all objects, w workload) {
	t.Helper()
	selectors := map[string]*meta.LabelSelector{"workload": w.selector}
	for _, b := range all.budgets {
		selectors["disruption budget"] = b.Spec.Selector
	}
	for _, s := range all.services {
		selectors["service "+s.Name] = &meta.LabelSelector{MatchLabels: s.Spec.Selector}
	}
	for _, c := range w.template.Spec.TopologySpreadConstraints {
		selectors["spread over "+c.TopologyKey] = c.LabelSelector
	}
	for i := range all.networks {
		if n := &all.networks[i]; n.Name == w.name {
			selectors["network policy"] = &n.Spec.PodSelector
		}
	}
	for what, selector := range selectors {
		if !matches(t, selector, w.template.Labels) {
			t.Errorf("the %s does not find the pods", what)
		}
		other := map[string]string{"app.kubernetes.io/name": "other", "app.kubernetes.io/instance": w.template.Labels["app.kubernetes.io/instance"]}
		if matches(t, selector, other) {
			t.Errorf("the %s finds the pods of another program", what)
		}
		for _, job := range all.jobs {
			if matches(t, selector, job.Spec.Template.Labels) {
				t.Errorf("the %s finds the pods of the job", what)
			}
		}
	}
}

// checkSecurity has Kubernetes' own evaluator judge each pod by its restricted
// level, and asks for what that does not.
func checkSecurity(t testing.TB, all objects, w workload) {
	t.Helper()
	pods := []core.PodTemplateSpec{w.template}
	for _, job := range all.jobs {
		pods = append(pods, job.Spec.Template)
	}
	evaluator, err := security.NewEvaluator(security.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		restricted := admission.LevelVersion{Level: admission.LevelRestricted, Version: admission.LatestVersion()}
		if verdict := security.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec)); !verdict.Allowed {
			t.Errorf("the pod is not restricted: %s", verdict.ForbiddenDetail())
		}
		if token := pod.Spec.AutomountServiceAccountToken; token == nil || *token {
			t.Error("the pod holds a token of the cluster's API")
		}
		if links := pod.Spec.EnableServiceLinks; links == nil || *links {
			t.Error("services become variables, which look like settings")
		}
		for _, c := range pod.Spec.Containers {
			if root := c.SecurityContext.ReadOnlyRootFilesystem; root == nil || !*root {
				t.Error("the root file system may be written")
			}
			if c.Resources.Limits.Memory().IsZero() {
				t.Error("memory is unbounded")
			}
		}
	}
}

// checkProbes asks on the port that HEALTH_ADDR says, on all interfaces, and
// with the Host that the kubelet and Prometheus send.
func checkProbes(t testing.TB, w workload, env map[string]string) {
	t.Helper()
	c := w.template.Spec.Containers[0]
	host, port, err := net.SplitHostPort(env["HEALTH_ADDR"])
	if err != nil || host != "" {
		t.Fatalf("HEALTH_ADDR %q is not on all interfaces (%v)", env["HEALTH_ADDR"], err)
	}
	for path, probes := range map[string][]*core.Probe{"/livez": {c.StartupProbe, c.LivenessProbe}, "/readyz": {c.ReadinessProbe}} {
		for _, probe := range probes {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || portOf(t, w, probe.HTTPGet.Port.String()) != port {
				t.Errorf("a probe does not ask %s on port %s: %+v", path, port, probe)
			}
		}
	}
	if d := c.LivenessProbe; d.PeriodSeconds*d.FailureThreshold < 20 {
		t.Error("a pause of seconds is a reason to restart")
	}
	guarded := hosts.Guard(host, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, asked := range []string{"10.1.2.3:" + port, "[fd00::7]:" + port, w.name + ".clinic.svc.cluster.local:" + port} {
		answer := httptest.NewRecorder()
		request := httptest.NewRequest(http.MethodGet, "/livez", nil)
		request.Host = asked
		if guarded.ServeHTTP(answer, request); answer.Code != http.StatusOK {
			t.Errorf("asked as %s it answers %d", asked, answer.Code)
		}
	}
}

// portOf returns the number of a container's named port.
func portOf(t testing.TB, w workload, name string) string {
	t.Helper()
	for _, p := range w.template.Spec.Containers[0].Ports {
		if p.Name == name {
			return net.JoinHostPort("", itoa(p.ContainerPort))[1:]
		}
	}
	t.Errorf("the container has no port %q", name)
	return ""
}

// checkIdentity asks that no two replicas have one static id, also beside
// another release of the same consumer group, and that only pods with a stable
// name have one.
func checkIdentity(t testing.TB, all objects, w workload) {
	t.Helper()
	ids := map[string]bool{}
	for replica := range w.replicas {
		for _, namespace := range []string{"clinic", "staging"} {
			pod := w.name + "-" + itoa(replica)
			if id := expand(w.template.Spec.Containers[0].Env, pod, namespace)["KAFKA_GROUP_INSTANCE_ID"]; id != "" {
				ids[id] = true
			}
		}
	}
	if want := 2 * int(w.replicas) * len(all.statefulSets); len(ids) != want {
		t.Errorf("%d static ids, want %d: %v", len(ids), want, ids)
	}
	for _, s := range all.statefulSets {
		headless := func(service core.Service) bool {
			return service.Name == s.Spec.ServiceName && service.Spec.ClusterIP == core.ClusterIPNone
		}
		if !slices.ContainsFunc(all.services, headless) {
			t.Errorf("there is no headless service %s", s.Spec.ServiceName)
		}
	}
}

// checkScraping follows Prometheus to the metrics, under the job's name that the
// alerts ask for.
func checkScraping(t testing.TB, all objects, w workload) {
	t.Helper()
	for _, s := range all.services {
		for _, p := range s.Spec.Ports {
			if portOf(t, w, p.TargetPort.String()) != itoa(p.Port) {
				t.Errorf("service %s: port %d leads elsewhere", s.Name, p.Port)
			}
		}
	}
	alerts, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	job := regexp.MustCompile(`up\{job="([^"]+)"\}`).FindStringSubmatch(string(alerts))[1]
	for _, m := range all.monitors {
		found := 0
		for _, s := range all.services {
			if matches(t, &m.Spec.Selector, s.Labels) {
				found++
				if s.Spec.Ports[0].Name != m.Spec.Endpoints[0].Port || !s.Spec.PublishNotReadyAddresses {
					t.Errorf("service %s has no port %s, or hides pods that are not ready", s.Name, m.Spec.Endpoints[0].Port)
				}
			}
		}
		labels := map[string]string{}
		for _, r := range m.Spec.Endpoints[0].RelabelConfigs {
			labels[r.TargetLabel] = *r.Replacement
		}
		want := map[string]string{"job": job, "program": m.Spec.Selector.MatchLabels["app.kubernetes.io/name"]}
		if found != 1 || m.Spec.Endpoints[0].Path != "/metrics" || !maps.Equal(labels, want) {
			t.Errorf("the monitor finds %d services: %+v", found, m.Spec)
		}
	}
}
