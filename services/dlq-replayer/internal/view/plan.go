package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// Count is a number of something that has a name.
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

// Plan is what would be done, in words and numbers.
type Plan struct {
	Verb              string
	Matched, Selected int
	// Left is why the rest would be left, Groups what is selected by channel,
	// class and code.
	Left, Groups []Count
	LeftOut      int64
	// Foreseen is how it would end, by verdict; Unseen counts those of which that
	// was not asked.
	Foreseen []Count
	Unseen   int
}

// Foresee adds what the ledgers say.
func (p Plan) Foresee(f replay.Forecast) Plan {
	p.Foreseen, p.Unseen = Counts(f.Counts()), f.Unseen
	return p
}

// Forecast says in one sentence how it would end; empty when that was not asked.
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
	return text + "."
}

// VerdictText says how a replay would end.
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

// PlanOf returns the view of a plan; verb is what it is of.
func PlanOf(verb string, p replay.Plan) Plan {
	groups := make(map[string]int)
	viewer := New(false)
	for _, item := range p.Items {
		groups[viewer.Row(item).Group()]++
	}
	return Plan{Verb: verb, Matched: p.Matched(), Selected: len(p.Items), Left: Counts(p.Left), Groups: Counts(groups), LeftOut: p.LeftOut}
}

// Headline says in one sentence how many match and what would be done to them.
func (p Plan) Headline() string {
	return fmt.Sprintf("%d match, %d would be %sed%s", p.Matched, p.Selected, strings.TrimSuffix(p.Verb, "e"), leftText(p.Left))
}

func leftText(left []Count) string {
	if len(left) == 0 {
		return ""
	}
	return ", the rest not: " + list(left)
}

// list writes counts behind their names, as "sent 40, parked 2".
func list(counts []Count) string {
	parts := make([]string, len(counts))
	for i, c := range counts {
		parts[i] = fmt.Sprintf("%s %d", strings.ReplaceAll(c.Name, "_", " "), c.Count)
	}
	return strings.Join(parts, ", ")
}

// DiscardedText says what became of a discard.
func DiscardedText(d replay.Discarded) string {
	return fmt.Sprintf("%d marked as discarded%s", d.Marked, leftText(Counts(d.Left)))
}
