package receipts_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// sources are the kinds of providers.
func sources() map[string]func() *provider {
	return map[string]func() *provider{
		"events":           func() *provider { return newProvider(ports.SpanOfEvents, 0) },
		"events, few":      func() *provider { return newProvider(ports.SpanOfEvents, 1000) },
		"sends, by itself": func() *provider { return newProvider(ports.SpanOfSends, 1000) },
		"sends, in bulk":   func() *provider { return newProvider(ports.SpanOfSends, 0) },
	}
}

func each(t *testing.T, test func(t *testing.T, p *provider)) {
	for name, p := range sources() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, p()) })
		})
	}
}

// pass lets virtual time pass, and what is due then happen: what it left can be read
// without a lock.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestWhatBecameOfAMessageIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		for i := range 100 {
			kind := domain.ReceiptDelivered
			if i%10 == 0 {
				kind = domain.ReceiptUndelivered
			}
			r.sent(name(i))
			p.happens(name(i), kind, 2*time.Second, 0)
		}
		pass(2 * poll)
		for i := range 100 {
			if i%10 == 0 {
				r.want(name(i), domain.ReceiptUndelivered)
			} else {
				r.want(name(i), domain.ReceiptDelivered)
			}
		}
		pass(2 * horizon)
		for i := range 100 {
			if n := len(r.told(name(i))); n != 1 {
				t.Errorf("%d receipts of message %d", n, i)
			}
		}
		if s := r.watcher.Status(); s.Waiting != 0 || s.Watched != 0 || s.Oldest != nil {
			t.Errorf("after all is over %+v is kept", s)
		}
	})
}

func TestASilentMessageIsAskedAboutAndThenUnconfirmed(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		begin := time.Now()
		r.sent("silent")
		pass(horizon - poll)
		r.want("silent")
		alone := 0
		for _, at := range p.asks["silent"] {
			if age := at.Sub(begin); age > 9*time.Hour-poll && age < 9*time.Hour+2*poll || age > 71*time.Hour-poll && age < 71*time.Hour+2*poll {
				alone++
			}
		}
		if alone != 2 || len(p.asks["silent"]) > 16 {
			t.Errorf("asked by itself after %d of 9 and 71 hours, %d times in all", alone, len(p.asks["silent"]))
		}
		pass(2 * poll)
		r.want("silent", domain.ReceiptUnconfirmed)
	})
}

func TestAMessageOfWhichNothingIsKnownToHaveBeenSentEndsInSilence(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		r.append(record{message: receipts.Message{ProviderID: "doubt", SentAt: time.Now(), Ref: "ref of doubt", Doubtful: true}})
		pass(horizon + poll)
		r.want("doubt")
		if s := r.watcher.Status(); s.Waiting != 0 || s.Doubtful != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAReceiptProvesThatADoubtfulMessageWasSent(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		doubt := func() {
			p.mu.Lock()
			p.sentAt["doubt"] = time.Now()
			p.mu.Unlock()
			r.append(record{message: receipts.Message{ProviderID: "doubt", SentAt: time.Now(), Ref: "ref of doubt", Doubtful: true}})
		}
		doubt()
		p.happens("doubt", domain.ReceiptDelivered, time.Minute, 0)
		pass(5 * poll)
		r.want("doubt", domain.ReceiptDelivered)
		// A replay is given up on as well: the log has the receipt already.
		asked := p.asked
		doubt()
		pass(poll)
		r.crash()
		r.start()
		defer r.crash()
		pass(5 * poll)
		r.want("doubt", domain.ReceiptDelivered)
		if len(r.resolved) != 2 || r.watcher.Status().Doubtful != 0 {
			t.Errorf("resolved %q; %+v", r.resolved, r.watcher.Status())
		}
		if p.bounds.Basis == ports.SpanOfSends && p.asked != asked {
			t.Error("the provider was asked again")
		}
	})
}

// A bounce may follow when the message counts as delivered, and after a crash.
func TestALateBounceIsToldOverDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfEvents, 0))
		for i := range 3 {
			r.sent(name(i))
			r.provider.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
		}
		r.provider.happens(name(0), domain.ReceiptUndelivered, 20*time.Hour, settled-time.Minute)
		r.provider.happens(name(1), domain.ReceiptComplained, 50*time.Hour, 0)
		pass(10 * time.Hour)
		r.commit()
		if r.committed < 3 {
			t.Errorf("the commit is %d although nothing waits", r.committed)
		}
		r.crash()
		pass(11 * time.Hour)
		r.start()
		defer r.crash()
		pass(horizon)
		r.want(name(0), domain.ReceiptDelivered, domain.ReceiptUndelivered)
		r.want(name(1), domain.ReceiptDelivered, domain.ReceiptComplained)
		r.want(name(2), domain.ReceiptDelivered)
	})
}

// Whatever happens and whenever the process dies: each message ends with the highest
// that the provider told of it, kinds only rise, and without a crash none is written
// twice.
func TestNothingIsLostAndNothingFalls(t *testing.T) {
	for seed := range uint64(12) {
		for what, p := range sources() {
			t.Run(what+" "+strconv.FormatUint(seed, 10), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { chaos(t, p(), rand.New(rand.NewPCG(seed, 1)), seed%3 != 0) })
			})
		}
	}
}

func chaos(t *testing.T, p *provider, random *rand.Rand, crashes bool) {
	r := newRig(t, p)
	want := map[string]domain.ReceiptKind{}
	hours := func(n int) time.Duration { return time.Duration(random.Int64N(int64(n) * int64(time.Hour))) }
	for i := range 300 {
		id := name(i)
		r.sent(id)
		want[id] = domain.ReceiptUnconfirmed
		shows := time.Duration(random.Int64N(int64(settled)))
		if random.IntN(5) > 0 {
			want[id] = domain.ReceiptDelivered
			p.happens(id, domain.ReceiptDelivered, min(hours(8), hours(8)), shows)
		}
		if random.IntN(5) == 0 && (p.bounds.Basis == ports.SpanOfEvents || want[id] == domain.ReceiptUnconfirmed) {
			want[id] = domain.ReceiptUndelivered
			p.happens(id, domain.ReceiptUndelivered, hours(8)+hours(50), shows)
		}
		pass(time.Duration(random.Int64N(int64(poll))))
		switch random.IntN(40) {
		case 0:
			r.commit()
		case 1:
			p.fail(&domain.Failure{Class: domain.ClassTransient, Code: "provider.503"})
		case 2:
			p.fail(nil)
		case 3:
			r.setDown(true)
		case 4:
			r.setDown(false)
		case 5:
			if crashes {
				r.crash()
				pass(hours(2))
				r.start()
			}
		}
	}
	p.fail(nil)
	r.setDown(false)
	pass(30 * time.Hour)
	if crashes {
		r.commit()
		r.crash()
		pass(hours(10))
		r.start()
	}
	pass(horizon + time.Hour)
	r.crash()
	for id, kind := range want {
		told := r.told(id)
		if len(told) == 0 || told[len(told)-1] != kind {
			t.Errorf("%s: told %v, want %s at last", id, told, kind)
			continue
		}
		for i := 1; i < len(told); i++ {
			if told[i].Rank() < told[i-1].Rank() || told[i] == told[i-1] && !crashes {
				t.Errorf("%s: told %v", id, told)
			}
		}
	}
}

// A start reads all receipts of a message at once that came while no process asked.
func TestWhatIsFoundAtOnceIsWrittenAsItRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfEvents, 0))
		defer func() { r.crash() }()
		for i := range 200 {
			r.sent(name(i))
			r.provider.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
			r.provider.happens(name(i), domain.ReceiptUndelivered, time.Hour, 0)
		}
		r.crash()
		pass(10 * time.Hour)
		r.start()
		pass(time.Hour)
		for i := range 200 {
			r.want(name(i), domain.ReceiptDelivered, domain.ReceiptUndelivered)
		}
	})
}

// A complaint says nothing of whether the message counts as delivered.
func TestAComplaintStandsBesideDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfEvents, 0))
		defer r.crash()
		for i := range 20 {
			r.sent(name(i))
			r.provider.happens(name(i), domain.ReceiptComplained, 2*time.Second, 0)
			r.provider.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
		}
		pass(2 * horizon)
		for i := range 20 {
			if told := r.told(name(i)); len(told) != 2 || told[0] == told[1] {
				t.Errorf("%s: told %v", name(i), told)
			}
		}
	})
}
