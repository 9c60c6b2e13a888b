package bench

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// judged is a test that notes its faults.
type judged struct {
	testing.TB
	faults []string
}

func (j *judged) Helper() {}

func (j *judged) Error(args ...any) { j.faults = append(j.faults, fmt.Sprint(args...)) }

func (j *judged) Errorf(format string, args ...any) {
	j.faults = append(j.faults, fmt.Sprintf(format, args...))
}

// of returns a report with the rounds of one ratio of ours and one of a rival.
func of(out *strings.Builder, name string, ours, rival []float64) *report {
	r := newReport(out)
	r.ratio(name, goal{0.97, true}, ours, true)
	r.ratio("rival", goal{high: true}, rival, false)
	return r
}

func TestARunIsJudgedByTheRecordedOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "baseline.json")
	if err := of(new(strings.Builder), "rate", []float64{0.96, 0.97, 0.98}, []float64{0.5}).run().Write(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, figure string
		ours, rival  []float64
		faults       int
		says         string
	}{
		{"as good", "rate", []float64{0.95, 0.96, 0.97}, []float64{0.5}, 0, "ok     rate: 0.96 (0.95–0.97), was 0.97 (0.96–0.98)"},
		{"worse", "rate", []float64{0.89, 0.9, 0.91}, []float64{0.5}, 1, "WORSE  rate: 0.9 (0.89–0.91), was 0.97 (0.96–0.98)"},
		{"a rival got worse", "rate", []float64{0.96, 0.97, 0.98}, []float64{0.1}, 0, "ok     rate"},
		{"nothing in common", "other", []float64{0.1}, []float64{0.5}, 1, "new    other"},
	} {
		out, j := new(strings.Builder), &judged{TB: t}
		of(out, c.figure, c.ours, c.rival).check(j, path)
		if len(j.faults) != c.faults || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: faults %q in\n%s", c.name, j.faults, out)
		}
	}
}
