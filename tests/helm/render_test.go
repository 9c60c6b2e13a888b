// Package helm tests the charts of deploy/helm by Helm's own engine and the
// types of Kubernetes, without a cluster.
package helm

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/settings/settingsdoc"
)

// chartT keeps the name chart free for variables.
type chartT = chart.Chart

// values are the values of a chart.
type values = map[string]any

// folder holds the charts.
const folder = "../../deploy/helm"

// each runs a test for the chart of each program.
func each(t *testing.T, test func(t *testing.T, program config.Settings)) {
	for _, program := range settingsdoc.Services() {
		t.Run(program.Program().Name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

func load(t testing.TB, path string) *chart.Chart {
	t.Helper()
	c, err := loader.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func chartOf(t testing.TB, program config.Settings) *chart.Chart {
	t.Helper()
	return load(t, filepath.Join(folder, program.Program().Name))
}

// required returns the least that a chart can be installed with: its values in
// ci, which the Chart Testing tool takes too.
func required(t testing.TB, program config.Settings) values {
	t.Helper()
	v, err := chartutil.ReadValuesFile(filepath.Join(folder, program.Program().Name, "ci", "required-values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// left as a value leaves out what stands at a path.
const left = "\x00"

// with returns base with the values at their paths: "settings.LOG_LEVEL".
func with(base values, pairs ...any) values {
	v := clone(base)
	for i := 0; i < len(pairs); i += 2 {
		path := strings.Split(pairs[i].(string), ".")
		inner := v
		for _, name := range path[:len(path)-1] {
			next, _ := inner[name].(map[string]any)
			if next == nil {
				next = values{}
				inner[name] = next
			}
			inner = next
		}
		last := path[len(path)-1]
		inner[last] = pairs[i+1]
		if text, ok := pairs[i+1].(string); ok && text == left {
			delete(inner, last)
		}
	}
	return v
}

func clone(v values) values {
	c := maps.Clone(v)
	for key, inner := range c {
		if inner, ok := inner.(map[string]any); ok {
			c[key] = clone(inner)
		}
	}
	return c
}

// render does what `helm install NAME` does before it asks a cluster: values
// merged, judged by the schema, templates executed.
func render(c *chart.Chart, release string, v values) (map[string]string, error) {
	if err := chartutil.ProcessDependenciesWithMerge(c, v); err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: release, Namespace: "clinic", Revision: 1, IsInstall: true}
	merged, err := chartutil.ToRenderValues(c, v, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(c, merged)
}
