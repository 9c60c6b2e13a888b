package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/ratios"
)

// curve is how a worker changes with one quantity.
type curve struct {
	title, what string
	points      []point
}

// point is what was measured at one value of it.
type point struct {
	x     string
	slots int

	rates, shares, costs, sizes, first []float64
}

// add adds one round; first is the time to the first send.
func (p *point) add(w window, first time.Duration) {
	p.rates, p.shares = append(p.rates, w.perSecond()), append(p.shares, w.share(p.slots))
	p.costs, p.sizes = append(p.costs, float64(w.cost().Nanoseconds())/1000), append(p.sizes, float64(w.resident)/mib)
	p.first = append(p.first, first.Seconds())
}

// curve adds a table, and a drawing of the rates.
func (r *report) curve(c curve) {
	t := table{title: c.title, head: []string{c.what, "sends/s", "part of S/L", "µs of CPU per message", "MiB resident", "first send after the start, s"}}
	var names, rates []string
	for _, p := range c.points {
		row := []string{p.x}
		for _, values := range [][]float64{p.rates, p.shares, p.costs, p.sizes, p.first} {
			row = append(row, shown(values))
		}
		t.rows = append(t.rows, row)
		names, rates = append(names, p.x), append(rates, fmt.Sprintf("%.0f", median(p.rates)))
		r.say("%s", strings.Join(row, "  "))
	}
	t.drawing = fmt.Sprintf("```mermaid\nxychart-beta\n    x-axis \"%s\" [%s]\n    y-axis \"sends/s\"\n    line [%s]\n```\n", c.what, strings.Join(names, ", "), strings.Join(rates, ", "))
	r.extra = append(r.extra, t)
}

// shown is a median with its spread, three digits of each.
func shown(values []float64) string {
	f := ratios.Of("", false, values)
	digits := 2
	if f.Median >= 10 {
		digits = 0
	}
	if f.Min == f.Max {
		return fmt.Sprintf("%.*f", digits, f.Median)
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, f.Median, digits, f.Min, digits, f.Max)
}
