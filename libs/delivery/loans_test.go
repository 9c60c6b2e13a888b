package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// However many loans begin before and after it, and however often the slot was lent
// before, one that lasts too long ends when its time is over, and no other does.
func TestALoanEndsWhenItsTimeIsOverAndNoOtherDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := NewSlots(2)
		var held [4]*Slot
		for i := range held {
			held[i], _ = slots.Start(t.Context())
		}
		short := func(s *Slot) { _ = s.lend(func() error { return nil }) }
		for range 10 {
			short(held[0])
			<-time.After(ClaimPatience / 8)
		}
		answer := make(chan struct{})
		go func() { _ = held[0].lend(func() error { <-answer; return nil }) }()
		synctest.Wait()
		for range 7 {
			<-time.After(ClaimPatience / 8)
			short(held[1])
		}
		want := func(when string, slot *Slot, held bool) {
			t.Helper()
			synctest.Wait()
			if slot.Held() != held {
				t.Errorf("%s: held: %v", when, slot.Held())
			}
		}
		want("just before", held[0], true)
		<-time.After(ClaimPatience / 8)
		want("when its time is over", held[0], false)
		want("another", held[1], true)
		close(answer)
		synctest.Wait()
		if err := held[0].resume(patience{ctx: t.Context()}); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * ClaimPatience)
		want("taken again", held[0], true)
		if left := len(slots.loans.line); left > 0 || slots.loans.armed {
			t.Errorf("%d loans are left, the timer runs: %v", left, slots.loans.armed)
		}
	})
}
