package ratios_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/ratios"
)

func TestAFigureIsTheMedianWithItsSpread(t *testing.T) {
	got := ratios.Of("rate", true, []float64{3, 1, 2.5})
	if want := (ratios.Figure{Name: "rate", HighIsGood: true, Median: 2.5, Min: 1, Max: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestOnlyWhatIsWorseByMoreThanItsSpreadFails(t *testing.T) {
	for _, c := range []struct {
		name          string
		highIsGood    bool
		recorded, now []float64
		worse         bool
	}{
		{"a cost that rose beyond the spread", false, []float64{1.8, 1.9, 2.0}, []float64{2.1, 2.15, 2.2}, true},
		{"a cost within the recorded spread", false, []float64{1.7, 1.8, 2.1}, []float64{2.1, 2.15, 2.2}, false},
		{"a cost within today's spread", false, []float64{1.8, 1.8, 1.8}, []float64{1.8, 2.1, 2.2}, false},
		{"a cost that fell", false, []float64{1.8, 1.8, 1.8}, []float64{1, 1, 1}, false},
		{"a rate that fell beyond the spread", true, []float64{0.96, 0.97, 0.98}, []float64{0.89, 0.9, 0.91}, true},
		{"a rate that rose", true, []float64{0.96, 0.97, 0.98}, []float64{1.2, 1.2, 1.2}, false},
		{"a small change where no round differed", false, []float64{2, 2, 2}, []float64{2.09, 2.09, 2.09}, false},
		{"a change where no round differed", false, []float64{2, 2, 2}, []float64{2.11, 2.11, 2.11}, true},
	} {
		changes, unknown := ratios.Compare(run(c.highIsGood, c.recorded), run(c.highIsGood, c.now))
		if len(unknown) > 0 || len(changes) != 1 || changes[0].Worse() != c.worse {
			t.Errorf("%s: %+v, unknown %v", c.name, changes, unknown)
		}
	}
}

func TestFiguresThatOneRunLacks(t *testing.T) {
	recorded := ratios.Run{Figures: []ratios.Figure{{Name: "gone"}, {Name: "both"}}}
	now := ratios.Run{Figures: []ratios.Figure{{Name: "both"}, {Name: "new"}}}
	changes, unknown := ratios.Compare(recorded, now)
	if len(changes) != 1 || changes[0].Now.Name != "both" || !reflect.DeepEqual(unknown, []string{"new"}) {
		t.Errorf("%+v, unknown %v", changes, unknown)
	}
}

func TestARunIsReadAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "baseline.json")
	want := run(true, []float64{0.1, 0.2, 0.3})
	want.Date, want.Machine = "2026-11-26", "2 cores"
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	if got, err := ratios.Read(path); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func run(highIsGood bool, values []float64) ratios.Run {
	return ratios.Run{Figures: []ratios.Figure{ratios.Of("figure", highIsGood, values)}}
}
