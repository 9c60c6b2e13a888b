package delivery

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// lastHalt remembers what was said last.
type lastHalt struct {
	ports.NoObserver
	mu   sync.Mutex
	last ports.Halt
}

func (l *lastHalt) Halted(_ domain.Channel, h ports.Halt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = h
}

func (l *lastHalt) halted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last.Halted
}

func TestAHaltThatNobodyWaitsForRaisesNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &lastHalt{}
		g := NewGate(domain.Email, told)
		for i := range 3 {
			fail(g, permit{}, recipient(i), unreached())
		}
		if !told.halted() {
			t.Fatal("three failures raise no alarm")
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if told.halted() {
			t.Error("the alarm goes on although nothing waits")
		}
		p, _, err := g.enter(patience{ctx: t.Context()}, recipient(0))
		if err != nil || !p.probe {
			t.Errorf("the next message is no probe: %+v %v", p, err)
		}
		fail(g, p, recipient(1), unreached())
		if !told.halted() {
			t.Error("a probe that is out raises no alarm")
		}
	})
}

// A doubt that finds the provider gone again needs it again.
func TestAStakeRaisesTheAlarmOfAHaltAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &lastHalt{}
		g := NewGate(domain.Email, told)
		s := g.newStake()
		s.hold(true)
		if told.halted() {
			t.Error("a stake in an open gate raises an alarm")
		}
		s.hold(false)
		for i := range 3 {
			fail(g, permit{}, recipient(i), unreached())
		}
		<-time.After(time.Minute)
		synctest.Wait()
		for range 2 {
			s.hold(true)
			s.hold(true)
			if !told.halted() {
				t.Error("no alarm, although somebody needs the provider")
			}
			s.hold(false)
			if told.halted() {
				t.Error("an alarm, although nobody does")
			}
		}
	})
}
