package cli

import (
	"fmt"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// previewRows is how many dead letters a preview lists.
const previewRows = 10

// planView is a plan as JSON.
type planView struct {
	Action   string          `json:"action"`
	Matched  int             `json:"matched"`
	Selected int             `json:"selected"`
	Left     map[string]int  `json:"left"`
	LeftOut  int64           `json:"left_out"`
	Bounds   map[int32]int64 `json:"bounds"`
	Groups   map[string]int  `json:"groups"`
	// Foreseen counts the dead letters by verdict, if the ledgers were read.
	Foreseen map[string]int `json:"foreseen,omitempty"`
	Older    int            `json:"older_than_ledgers,omitempty"`
	First    []view.Row     `json:"first"`
}

// printPlan prints what a command would do.
func (in *invocation) printPlan(o output, action string, p replay.Plan, f replay.Forecast) error {
	viewer, shown := view.New(false), view.PlanOf(action, p).Foresee(f)
	var rows []view.Row
	for _, item := range p.Items[:min(previewRows, len(p.Items))] {
		rows = append(rows, viewer.Row(item))
	}
	if o.json() {
		groups := make(map[string]int)
		for _, g := range shown.Groups {
			groups[g.Name] = g.Count
		}
		return writeJSON(in.stdout, planView{
			Action: action, Matched: p.Matched(), Selected: len(p.Items), Left: p.Left, LeftOut: p.LeftOut, Bounds: p.Bounds, Groups: groups, Foreseen: f.Counts(), Older: f.Older, First: rows,
		})
	}
	fmt.Fprintln(in.stdout, shown.Headline())
	if text := shown.Forecast(); text != "" {
		fmt.Fprintln(in.stdout, text)
	}
	if p.LeftOut > 0 {
		fmt.Fprintf(in.stdout, "Up to %d younger ones are not looked at: the index is full.\n", p.LeftOut)
	}
	if len(p.Items) == 0 {
		fmt.Fprintln(in.stdout, "Nothing to do.")
		return nil
	}
	for _, g := range shown.Groups {
		fmt.Fprintf(in.stdout, "%7d  %s\n", g.Count, g.Name)
	}
	if err := writeRows(in.stdout, rows, time.Now()); err != nil {
		return err
	}
	if more := len(p.Items) - len(rows); more > 0 {
		fmt.Fprintf(in.stdout, "… and %d more\n", more)
	}
	fmt.Fprintln(in.stdout, "This was a dry run. The same command with --yes --reason \"…\" does it.")
	return nil
}
