// Package obs tests what watches the system: the dashboard and the alert rules on
// a real Prometheus that scrapes the demo, and Grafana's provisioning by its
// schema, since no Grafana is needed for it.
package obs

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// read returns a file by its path from the root of the repository.
func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(harness.Root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// panel is one that shows something, not a row.
type panel struct {
	dashboard.Panel
	queries []prometheus.Dataquery
}

// board is the dashboard as Grafana's own types have it.
type board struct {
	dashboard.Dashboard
	panels []panel
}

// load decodes the dashboard strictly: a field that Grafana does not know, or one
// that it needs and does not find, fails the test.
func load(t *testing.T) board {
	t.Helper()
	runtime := cog.NewRuntime()
	for _, known := range []variants.PanelcfgConfig{stat.VariantConfig(), timeseries.VariantConfig()} {
		runtime.RegisterPanelcfgVariant(known)
	}
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
	var b board
	raw := read(t, "deploy/grafana/notifications.json")
	strict(t, "the dashboard", new(dashboard.Dashboard).UnmarshalJSONStrict(raw)) //nolint:staticcheck // Provisioning reads this form; its successor is for Kubernetes.
	if err := json.Unmarshal(raw, &b.Dashboard); err != nil {
		t.Fatal(err)
	}
	var parts struct {
		Panels []struct {
			Targets     []json.RawMessage
			FieldConfig json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		t.Fatal(err)
	}
	for i, p := range b.Panels {
		if p.Panel == nil {
			continue
		}
		// Of these the dashboard's own decoder drops what it finds.
		one := panel{Panel: *p.Panel}
		strict(t, *p.Panel.Title, new(dashboard.FieldConfigSource).UnmarshalJSONStrict(parts.Panels[i].FieldConfig))
		for _, target := range parts.Panels[i].Targets {
			var query prometheus.Dataquery
			strict(t, *p.Panel.Title, query.UnmarshalJSONStrict(target))
			one.queries = append(one.queries, query)
		}
		b.panels = append(b.panels, one)
	}
	return b
}

// strict fails the test on an error. The decoders return an empty list of errors
// where they found none.
func strict(t *testing.T, what string, err error) {
	t.Helper()
	var found cog.BuildErrors
	if errors.As(err, &found) && len(found) == 0 {
		return
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestTheDashboardIsWhatGrafanaReads(t *testing.T) {
	b := load(t)
	if len(b.panels) < 40 {
		t.Errorf("%d panels", len(b.panels))
	}
	ids, titles := map[uint32]bool{}, map[string]bool{}
	for _, p := range b.panels {
		if p.Id == nil || ids[*p.Id] || titles[*p.Title] {
			t.Errorf("%s: its id or title is another panel's", *p.Title)
			continue
		}
		ids[*p.Id], titles[*p.Title] = true, true
		if !slices.Contains([]string{"stat", "timeseries"}, p.Type) {
			t.Errorf("%s is of the type %s", *p.Title, p.Type)
		}
		if p.Datasource == nil || *p.Datasource.Uid != "${datasource}" || p.Description == nil || len(p.queries) == 0 {
			t.Errorf("%s: no data source, description or query", *p.Title)
		}
		for i, q := range p.queries {
			if *q.RefId != string(rune('A'+i)) {
				t.Errorf("%s: query %d is called %s", *p.Title, i, *q.RefId)
			}
		}
	}
}

// Grafana moves panels that cover each other, each time otherwise.
func TestNoPanelCoversAnother(t *testing.T) {
	taken := map[[2]uint32]uint32{}
	for _, p := range load(t).Panels {
		at, id := dashboard.GridPos{}, uint32(0)
		if p.Panel != nil {
			at, id = *p.Panel.GridPos, *p.Panel.Id
		} else {
			at, id = *p.RowPanel.GridPos, p.RowPanel.Id
		}
		if at.X+at.W > 24 {
			t.Errorf("panel %d is wider than the page", id)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, ok := taken[[2]uint32{x, y}]; ok && other != id {
					t.Fatalf("panel %d covers panel %d", id, other)
				}
				taken[[2]uint32{x, y}] = id
			}
		}
	}
}

// query puts in what Grafana puts in for a choice of channels. A rate covers at
// least four scrapes.
func query(expr, channels string) string {
	return strings.NewReplacer("$channel", channels, "$__rate_interval", (4 * scrapeInterval).String()).Replace(expr)
}

// Grafana's value for "All" is the dashboard's own; two chosen ones are a group.
const (
	allChannels  = ".*"
	bothChannels = "(email|sms)"
)
