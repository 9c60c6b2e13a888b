package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// Count is a named number.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Counts returns the counts by name, the largest first.
func Counts(m map[string]int) []Count {
	counts := make([]Count, 0, len(m))
	for name, n := range m {
		counts = append(counts, Count{name, n})
	}
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Name, b.Name)) })
	return counts
}

// Plan is a plan in words and numbers.
type Plan struct {
	Verb              string
	Matched, Selected int
	// Left counts the dead letters that would be left, by reason; Groups counts the
	// selected ones by channel, class and code.
	Left, Groups []Count
	LeftOut      int64
	// Foreseen counts the dead letters by verdict; Unseen counts those without a
	// verdict, Older those to send that are older than the ledgers.
	Foreseen      []Count
	Unseen, Older int
}

// Foresee adds a forecast.
func (p Plan) Foresee(f replay.Forecast) Plan {
	p.Foreseen, p.Unseen, p.Older = Counts(f.Counts()), f.Unseen, f.Older
	return p
}

// Forecast returns the forecast in one sentence; empty without a forecast.
func (p Plan) Forecast() string {
	if len(p.Foreseen) == 0 {
		return ""
	}
	parts := make([]string, len(p.Foreseen))
	for i, c := range p.Foreseen {
		parts[i] = fmt.Sprintf("%d %s", c.Count, VerdictText(replay.Verdict(c.Name)))
	}
	text := "The ledgers say: " + strings.Join(parts, ", ")
	if p.Unseen > 0 {
		text += fmt.Sprintf("; not asked about %d more", p.Unseen)
	}
	if p.Older > 0 {
		text += fmt.Sprintf("; %d of those to send are older than the ledgers, so that it is not known whether they were sent, moved or cancelled since", p.Older)
	}
	return text + "."
}

// VerdictText returns a verdict in words.
func VerdictText(v replay.Verdict) string {
	switch v {
	case replay.VerdictSend:
		return "to send"
	case replay.VerdictDoubt:
		return "in doubt"
	case replay.VerdictFail:
		return "to fail again"
	case replay.VerdictGone:
		return "deleted by retention"
	case replay.Verdict(domain.SkipAlreadySent):
		return "sent already"
	case replay.Verdict(domain.SkipAppointmentPast):
		return "past"
	case replay.Verdict(domain.SkipEventTooOld):
		return "too old to send"
	}
	return strings.ReplaceAll(string(v), "_", " ")
}

// PlanOf returns the view of a plan; verb is the planned action.
func PlanOf(verb string, p replay.Plan) Plan {
	groups := make(map[string]int)
	viewer := New(false)
	for _, item := range p.Items {
		groups[viewer.Row(item).Group()]++
	}
	return Plan{Verb: verb, Matched: p.Matched(), Selected: len(p.Items), Left: Counts(p.Left), Groups: Counts(groups), LeftOut: p.LeftOut}
}

// Headline returns in one sentence how many dead letters match and what would be done
// to them.
func (p Plan) Headline() string {
	return fmt.Sprintf("%d match, %d would be %sed%s", p.Matched, p.Selected, strings.TrimSuffix(p.Verb, "e"), leftText(p.Left))
}

func leftText(left []Count) string {
	if len(left) == 0 {
		return ""
	}
	return ", the rest not: " + list(left)
}

// list writes names with their counts: "sent 40, parked 2".
func list(counts []Count) string {
	parts := make([]string, len(counts))
	for i, c := range counts {
		parts[i] = fmt.Sprintf("%s %d", strings.ReplaceAll(c.Name, "_", " "), c.Count)
	}
	return strings.Join(parts, ", ")
}

// DiscardedText returns the result of a discard in words.
func DiscardedText(d replay.Discarded) string {
	return fmt.Sprintf("%d marked as discarded%s", d.Marked, leftText(Counts(d.Left)))
}
