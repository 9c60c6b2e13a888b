package channeldemo

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// table prints one row for each event and channel.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.row("EVENT", "RESULT", "CHANNEL", "OUTCOME", "REASON", "SENDS", "LOOK-UPS")
	return t
}

func (t table) row(event, result, channel, outcome, reason string, sends, lookUps any) {
	fmt.Fprintf(t.w, "%s\t%s\t%s\t%s\t%s\t%v\t%v\n", event, result, channel, outcome, reason, sends, lookUps)
}

// add prints what became of one event. Only its first row has the event's own columns.
func (t table) add(title string, report delivery.Report, channels []*channel) {
	result := "failure"
	if report.Success() {
		result = "success"
	}
	for _, c := range channels {
		o := report[c.name]
		sends, lookUps := c.calls.take()
		t.row(title, result, string(c.name), string(o.Status), reason(o, lookUps), sends, lookUps)
		title, result = "", ""
	}
}

// reason returns the reason of an outcome.
func reason(o domain.Outcome, lookUps int) string {
	switch o.Status {
	case domain.StatusSkipped:
		return string(o.Reason)
	case domain.StatusDeadLettered:
		return fmt.Sprintf("%s (%s)", o.Failure.Class, o.Failure.Code)
	case domain.StatusSent:
	}
	switch {
	case lookUps > 0:
		return "in doubt, found by asking the provider"
	case o.Attempts > 1:
		return "tried again after a transient failure"
	}
	return ""
}

func (t table) flush() { _ = t.w.Flush() }
