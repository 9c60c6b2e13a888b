package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// foreseen is what is foreseen of a record now: "sent" and "in doubt" for what
// reaches the provider.
func (r *rig) foreseen(rec *ports.Record) string {
	p := delivery.Foresee(r.cfg, delivery.NewTask(domain.NewDecoder(), rec), (*memory)(r))
	switch {
	case p.Doubt:
		return "in doubt"
	case p.Outcome == nil:
		return "sent"
	}
	return text(*p.Outcome)
}

func TestWhatIsForeseenIsWhatDeliverDoes(t *testing.T) {
	inRig(t, func(r *rig) {
		refused, sent, moved := r.event("refused"), r.event("sent"), r.event("moved")
		past, old := r.event("past", at(r.begin.Add(time.Minute))), r.event("old", at(r.begin.Add(240*time.Hour)))
		r.provider.FailAll(&fake.Fault{Kind: fake.BadRecipient})
		for _, rec := range []*ports.Record{refused, moved, past, old} {
			r.outcome(rec)
		}
		r.provider.FailAll(nil)
		r.outcome(sent)
		r.outcome(r.event("moved", at(r.begin.Add(48*time.Hour))))
		<-time.After(2 * time.Minute)
		broken := *sent
		broken.Value = []byte("{")
		again := func(rec *ports.Record) *ports.Record { return replay(rec, domain.ClassRecipientRejected, 1, false) }
		for what, rec := range map[string]*ports.Record{
			"a refused one": again(refused), "a sent one": again(sent), "a moved one": again(moved), "a past one": again(past),
			"an undecodable one": again(&broken), "one that asks for nothing": again(r.event("silent", with("notify", map[string]any{}))),
			"one without an address": again(r.event("nowhere", with("email", nil))),
		} {
			foreseen := r.foreseen(rec)
			r.want(what, r.outcome(rec), foreseen)
		}
		r.cfg.MaxEventAge = time.Minute
		r.limit(0)
		r.want("an old one", r.foreseen(again(old)), "skipped event_too_old")
		r.want("an old one", r.outcome(again(old)), "skipped event_too_old")
	})
}

// A cancellation names, and is of use until, the time that its recipient was told.
func TestACancellationIsForeseenByWhatItsRecipientWasTold(t *testing.T) {
	inRig(t, func(r *rig) {
		d := daysOf(r)
		r.want("told a late time", r.outcome(r.event("late", at(d[2]))), "sent")
		r.want("told an early time", r.outcome(r.event("early", at(d[0]))), "sent")
		var again []*ports.Record
		for _, id := range []string{"late", "early", "untold"} {
			rec := r.event(id, at(d[1]), cancelled)
			r.refused(rec)
			again = append(again, replay(rec, domain.ClassRecipientRejected, 1, false))
		}
		for _, rec := range again {
			r.want("in time", r.foreseen(rec), "sent")
		}
		<-time.After(50 * time.Hour) // d[1] is past, d[2] is ahead
		for _, rec := range again {
			foreseen := r.foreseen(rec)
			r.want("when its own time is past", r.outcome(rec), foreseen)
		}
	})
}

func TestADoubtIsForeseenAsADoubt(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.want("foreseen", r.foreseen(rec), "in doubt")
		twice := replay(rec, domain.ClassUnknownOutcome, 1, true)
		r.want("with a second send allowed", r.foreseen(twice), "sent")
		r.reach = time.Now().Add(time.Hour)
		r.want("what is older than the ledger", r.foreseen(replay(r.event("B"), domain.ClassUnknownOutcome, 1, false)), "dead_lettered unknown_outcome ledger.too_old")
	})
}
