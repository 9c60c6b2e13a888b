package delivery_test

import (
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// processor delivers on both channels: e-mail through the rig, text messages
// through a provider of their own.
func (r *rig) processor(sms *fake.Sender) *delivery.Processor {
	cfg := r.cfg
	cfg.Channel = domain.SMS
	p := delivery.NewProcessor(r.slots)
	p.Add(r.deliverer, r.memory())
	p.Add(delivery.New(cfg, delivery.Deps{
		Sender: sms, DeadLetters: (*stores)(r), Resolutions: (*stores)(r), Observer: r.observer,
		Gate: delivery.NewGate(domain.SMS, r.observer), Rate: delivery.NewRate(0),
	}), ledger.NewMemory())
	return p
}

func onBoth(r *rig, id string) delivery.Task {
	both := map[string]any{"email": true, "sms": true}
	return delivery.NewTask(domain.NewDecoder(), r.event(id, with("notify", both), with("phone_e164", "+15550100123")))
}

func TestSuccessIsEachRequestedChannels(t *testing.T) {
	inRig(t, func(r *rig) {
		sms := &fake.Sender{}
		p := r.processor(sms)
		process := func(task delivery.Task) (string, bool) {
			report, err := p.Process(r.t.Context(), task)
			if err != nil {
				t.Fatal(err)
			}
			return text(report[domain.Email]) + ", " + text(report[domain.SMS]), report.Success()
		}
		for _, c := range []struct {
			what, want string
			task       delivery.Task
			success    bool
			fault      *fake.Fault
		}{
			{"both", "sent, sent", onBoth(r, "A"), true, nil},
			{"both again", "skipped already_sent, skipped already_sent", onBoth(r, "A"), true, nil},
			{"one", "sent, skipped not_requested", delivery.NewTask(domain.NewDecoder(), r.event("B")), true, nil},
			{"one refused", "sent, dead_lettered recipient_rejected fake.bad_recipient", onBoth(r, "C"), false, &fake.Fault{Kind: fake.BadRecipient}},
		} {
			sms.FailAll(c.fault)
			got, success := process(c.task)
			r.want(c.what, got, c.want)
			r.want(c.what+": success", success, c.success)
		}
	})
}

func TestAChannelWithoutAnOutcomeDoesNotKeepTheOthers(t *testing.T) {
	inRig(t, func(r *rig) {
		p := r.processor(&fake.Sender{})
		r.onWrite = func(string) error { return ports.ErrFenced } // of the e-mail channel's ledger
		report, err := p.Process(r.t.Context(), onBoth(r, "A"))
		if err == nil || !strings.HasPrefix(err.Error(), "email: ") {
			t.Errorf("the error is %v, want it to name the channel", err)
		}
		r.want("channels with an outcome", len(report), 1)
		r.want("text message", text(report[domain.SMS]), "sent")
	})
}
