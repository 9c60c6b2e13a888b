package helm

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	labelling "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// objects are the manifests of a release in Kubernetes' own types.
type objects struct {
	accounts     []core.ServiceAccount
	configMaps   []core.ConfigMap
	services     []core.Service
	deployments  []apps.Deployment
	statefulSets []apps.StatefulSet
	budgets      []policy.PodDisruptionBudget
	networks     []networking.NetworkPolicy
	monitors     []monitoring.ServiceMonitor
	jobs         []batch.Job
}

// installed renders a chart that has to be right, and decodes it.
func installed(t testing.TB, program config.Settings, v values) objects {
	t.Helper()
	files, err := render(chartOf(t, program), "a", v)
	if err != nil {
		t.Fatal(err)
	}
	all, err := decode(files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// decode reads all manifests. A field that its type does not know is an error,
// and so are one that is given twice and an object that stands there twice.
func decode(files map[string]string) (objects, error) {
	var all objects
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		for document := range strings.SplitSeq("\n"+files[name], "\n---\n") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			identity, err := all.add(document)
			if err != nil {
				return all, fmt.Errorf("%s: %w\n%s", name, err, document)
			}
			if seen[identity] {
				return all, fmt.Errorf("%s stands there twice", identity)
			}
			seen[identity] = true
		}
	}
	return all, nil
}

func (o *objects) add(document string) (identity string, err error) {
	var head struct {
		meta.TypeMeta   `json:",inline"`
		meta.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		return "", err
	}
	identity = head.APIVersion + " " + head.Kind + " " + head.Name
	if wrong := validation.IsDNS1123Label(head.Name); len(wrong) > 0 {
		return "", fmt.Errorf("%s: %q", identity, wrong)
	}
	if err := labelling.ValidateLabels(head.Labels, field.NewPath("labels")).ToAggregate(); err != nil {
		return "", fmt.Errorf("%s: %w", identity, err)
	}
	switch head.APIVersion + " " + head.Kind {
	case "v1 ServiceAccount":
		o.accounts, err = strictly(o.accounts, document)
	case "v1 ConfigMap":
		o.configMaps, err = strictly(o.configMaps, document)
	case "v1 Service":
		o.services, err = strictly(o.services, document)
	case "apps/v1 Deployment":
		o.deployments, err = strictly(o.deployments, document)
	case "apps/v1 StatefulSet":
		o.statefulSets, err = strictly(o.statefulSets, document)
	case "policy/v1 PodDisruptionBudget":
		o.budgets, err = strictly(o.budgets, document)
	case "networking.k8s.io/v1 NetworkPolicy":
		o.networks, err = strictly(o.networks, document)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		o.monitors, err = strictly(o.monitors, document)
	case "batch/v1 Job":
		o.jobs, err = strictly(o.jobs, document)
	default:
		return "", fmt.Errorf("no chart should make %q", identity)
	}
	return identity, err
}

// strictly decodes as the API server does for `kubectl apply --validate=strict`:
// names are taken letter by letter, which encoding/json does not.
func strictly[T any](list []T, document string) ([]T, error) {
	var object T
	text, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return list, err
	}
	unknown, err := json.UnmarshalStrict(text, &object)
	return append(list, object), errors.Join(append(unknown, err)...)
}

// workload is what a Deployment and a StatefulSet have in common.
type workload struct {
	name     string
	replicas int32
	selector *meta.LabelSelector
	template core.PodTemplateSpec
}

// workload returns the one that runs the program.
func (o *objects) workload(t testing.TB) workload {
	t.Helper()
	if len(o.deployments)+len(o.statefulSets) != 1 {
		t.Fatalf("%d deployments and %d stateful sets", len(o.deployments), len(o.statefulSets))
	}
	for _, d := range o.deployments {
		return workload{d.Name, *d.Spec.Replicas, d.Spec.Selector, d.Spec.Template}
	}
	s := o.statefulSets[0]
	return workload{s.Name, *s.Spec.Replicas, s.Spec.Selector, s.Spec.Template}
}
