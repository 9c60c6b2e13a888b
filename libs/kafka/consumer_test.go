package kafka

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// until waits in virtual time for a condition.
func until(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s of virtual time still not: %s", limit, what)
		}
		tick(100 * time.Millisecond)
	}
}

// tick lets virtual time pass.
func tick(d time.Duration) { <-time.After(d) }

func TestEveryEventIsSentOnceAndCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{partitions: 3, concurrency: 16})
		defer r.close()
		at := time.Now().Add(24 * time.Hour)
		for i := range 300 {
			r.publish(int32(i%3), fmt.Sprintf("a-%d", i), at)
		}
		w := r.start()
		until(t, time.Minute, "all committed", func() bool { return r.lag() == 0 })
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		if r.sender.count() != 300 || r.sender.doubled() != 0 {
			t.Errorf("accepted %d, doubled %d", r.sender.count(), r.sender.doubled())
		}
		if n := w.observer.outcome("sent"); n != 300 {
			t.Errorf("observed %d sent", n)
		}
	})
}

func TestAnOutageIsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{partitions: 2, concurrency: 8, attempts: 3})
		defer r.close()
		down := true
		r.sender.down = func() bool { return down }
		r.sender.script = func(ports.Notification, int) (*domain.Failure, bool) {
			if down {
				return &domain.Failure{Class: domain.ClassTransient, Code: "fake.refused", Unreachable: true}, false
			}
			return nil, false
		}
		at := time.Now().Add(24 * time.Hour)
		for i := range 500 {
			r.publish(int32(i%2), fmt.Sprintf("a-%d", i), at)
		}
		w := r.start()
		tick(30 * time.Minute)
		if calls := r.sender.total; calls > 500 {
			t.Errorf("%d calls to a provider that is down", calls)
		}
		r.sender.mu.Lock()
		down = false
		r.sender.mu.Unlock()
		until(t, 20*time.Second, "all committed", func() bool { return r.lag() == 0 })
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(r.deadLetters()); n != 0 || r.sender.count() != 500 || r.sender.doubled() != 0 {
			t.Errorf("dead letters %d, accepted %d, doubled %d", n, r.sender.count(), r.sender.doubled())
		}
	})
}
