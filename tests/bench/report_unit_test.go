package bench

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheReportReplacesWhatStandsBetweenItsMarksOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.md")
	const old = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n<!-- scale:begin -->\n<!-- scale:end -->\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newReport(io.Discard)
	r.ratio("rate, worker", goal{0.97, true}, []float64{0.9, 0.99, 0.98}, true)
	r.ratio("CPU, worker", goal{1.8, false}, []float64{1.9, 1.7, 2}, true)
	r.ratio("rate, rival", goal{high: true}, []float64{0.5}, false)
	if err := r.write(path, "bench"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"before\n<!-- bench:begin -->\n", "<!-- bench:end -->\nafter\n<!-- scale:begin -->\n<!-- scale:end -->\n",
		"| rate, worker | ≥ 0.97 | 0.98 (0.9–0.99) | ok |\n",
		"| CPU, worker | ≤ 1.8 | 1.9 (1.7–2) | OVER |\n",
		"| rate, rival |  | 0.5 (0.5–0.5) |  |\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") || r.write(path, "other") == nil {
		t.Error("the old part stands, or marks that the file lacks are no error")
	}
	if figures := r.run().Figures; len(figures) != 2 {
		t.Errorf("ratios of ours: %v", figures)
	}
}

func TestEachLoadIsTheSameForEverybodyAndHasItsBound(t *testing.T) {
	for _, load := range loads() {
		ids, again := load.ids(), load.ids()
		keys := map[string]bool{}
		for i, id := range ids {
			if id != again[i] {
				t.Fatalf("%s: event %d is %s and %s", load, i, id, again[i])
			}
			keys[id] = true
		}
		if load.keys == 0 && len(keys) != len(ids) || len(keys) > max(load.keys, load.events()) {
			t.Errorf("%s: %d keys for %d events", load, len(keys), len(ids))
		}
	}
	last := loads()[3]
	if b := last.bounds(300); b.Slots != 79*last.slowest || b.Served < b.Least() {
		t.Errorf("%s: %+v", last, b)
	}
}
