package receipts_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// After days without a process nothing ends as unconfirmed that was never asked
// about: not while the provider fails at the start, and not because there is more to
// ask about than fits into one round.
func TestWhatIsPastItsHorizonAtTheStartIsAskedAboutFirst(t *testing.T) {
	const many = 2000
	for what, p := range sources() {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := p()
				r := newRig(t, p)
				for i := range many {
					r.sent(name(i))
					p.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
				}
				r.crash()
				pass(horizon + 24*time.Hour)
				p.fail(&domain.Failure{Class: domain.ClassTransient, Code: "provider.503"})
				r.start()
				defer r.crash()
				pass(10 * poll)
				p.fail(nil)
				pass(30 * poll)
				for i := range many {
					r.want(name(i), domain.ReceiptDelivered)
				}
			})
		})
	}
}

// An event may be older than the horizon when it is given up on.
func TestADoubtThatBeginsLateIsAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		published := time.Now()
		p.happens("doubt", domain.ReceiptDelivered, horizon+2*time.Hour, 0)
		pass(horizon + 3*time.Hour)
		p.fail(&domain.Failure{Class: domain.ClassTransient, Code: "provider.503"})
		r.append(record{message: receipts.Message{ProviderID: "doubt", SentAt: published, Ref: "ref of doubt", Doubtful: true}})
		pass(10 * poll)
		p.fail(nil)
		pass(10 * poll)
		r.want("doubt", domain.ReceiptDelivered)
		if len(r.resolved) != 1 {
			t.Errorf("resolved %q", r.resolved)
		}
	})
}

// A message that the provider cannot be asked about ends as well.
func TestALateMessageIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfSends, 0))
		r.sent("silent")
		r.crash()
		pass(2 * horizon)
		r.provider.fail(&domain.Failure{Class: domain.ClassConfiguration, Code: "provider.401"})
		r.start()
		defer r.crash()
		pass(horizon / 60)
		r.want("silent", domain.ReceiptUnconfirmed)
		if s := r.watcher.Status(); s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}
