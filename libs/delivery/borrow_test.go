package delivery

import "testing"

func TestTheLastSlotIsNeverLent(t *testing.T) {
	for size := 1; size <= 5; size++ {
		s := NewSlots(size)
		var lent []func()
		for {
			release, ok := s.Borrow()
			if !ok {
				break
			}
			lent = append(lent, release)
		}
		if want := max(1, size-1); len(lent) != want {
			t.Errorf("of %d slots %d are lent, want %d", size, len(lent), want)
		}
		waiting := s.sends.join()
		s.sends.ready(waiting)
		if size == 1 { // the sender waits, and is served first
			lent[0]()
			if _, ok := s.Borrow(); ok || !waiting.given {
				t.Error("a slot is lent before a sender that waits")
			}
			continue
		}
		if !waiting.given {
			t.Errorf("of %d slots none was left for a sender", size)
		}
		s.sends.leave(waiting)
		for _, release := range lent {
			release()
		}
		if s.Sending() != 0 {
			t.Errorf("%d slots are missing", s.Sending())
		}
	}
}
