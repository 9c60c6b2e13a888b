// Package ratios keeps what a run of the benchmark found, and says which figures
// of another run are worse.
package ratios

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Figure is one quantity over the rounds of a run.
type Figure struct {
	Name string `json:"name"`
	// HighIsGood is set where more is better.
	HighIsGood bool    `json:"high_is_good,omitempty"`
	Median     float64 `json:"median"`
	Min        float64 `json:"min"`
	Max        float64 `json:"max"`
}

// Of returns the figure of values, one for each round; at least one.
func Of(name string, highIsGood bool, values []float64) Figure {
	sorted := slices.Sorted(slices.Values(values))
	return Figure{Name: name, HighIsGood: highIsGood, Median: sorted[len(sorted)/2], Min: sorted[0], Max: sorted[len(sorted)-1]}
}

// Spread is how far the rounds lie apart.
func (f Figure) Spread() float64 { return f.Max - f.Min }

// Run is what one run found.
type Run struct {
	Date    string   `json:"date"`
	Machine string   `json:"machine"`
	Figures []Figure `json:"figures"`
}

// Read returns a run that Write has kept.
func Read(path string) (Run, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Run{}, err
	}
	var run Run
	if err := json.Unmarshal(text, &run); err != nil {
		return Run{}, fmt.Errorf("%s: %w", path, err)
	}
	return run, nil
}

// Write keeps a run.
func (r Run) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// leastSpread is the part of its median by which a figure may differ in any
// case: three rounds may lie close together by chance.
const leastSpread = 0.05

// Change is one figure of two runs.
type Change struct {
	Recorded, Now Figure
	// By is by how much the median got worse, and negative where it got better.
	// Allowed is the larger of both spreads.
	By, Allowed float64
}

// Worse reports whether the figure got worse by more than its spread.
func (c Change) Worse() bool { return c.By > c.Allowed }

// Compare returns what became of the figures that both runs have, and the names
// of those that now has and recorded has not. What now did not measure is no
// change.
func Compare(recorded, now Run) (changes []Change, unknown []string) {
	for _, f := range now.Figures {
		i := slices.IndexFunc(recorded.Figures, func(r Figure) bool { return r.Name == f.Name })
		if i < 0 {
			unknown = append(unknown, f.Name)
			continue
		}
		changes = append(changes, change(recorded.Figures[i], f))
	}
	return changes, unknown
}

func change(recorded, now Figure) Change {
	c := Change{Recorded: recorded, Now: now, By: now.Median - recorded.Median}
	if now.HighIsGood {
		c.By = -c.By
	}
	c.Allowed = max(recorded.Spread(), now.Spread(), leastSpread*recorded.Median)
	return c
}
