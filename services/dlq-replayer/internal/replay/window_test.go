package replay

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestTheWindowLetsNoMoreThanATrialOutBeforeAsManyHaveAnOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWindow(nil)
		var out []string
		outcomes, sent := 0, 0
		for range rapid.IntRange(1, 500).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "send") && w.free() > 0 {
				id := fmt.Sprint(sent)
				w.out(id)
				out = append(out, id)
				sent++
			} else if len(out) > 0 {
				i := rapid.IntRange(0, len(out)-1).Draw(t, "which")
				w.back(out[i], false)
				out = append(out[:i], out[i+1:]...)
				outcomes++
			}
			if outcomes < trial && sent > outcomes+trial || len(out) > maxOutstanding || len(out) != len(w.ids()) {
				t.Fatalf("%d out after %d outcomes", len(out), outcomes)
			}
			if w.free() == 0 && len(out) < trial {
				t.Fatalf("no room with only %d out", len(out))
			}
		}
	})
}

func TestMoreThanHalfOfTheLastTwentyFailingIsTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(t, "failed")
		w := newWindow(nil)
		for i, failed := range outcomes {
			id := fmt.Sprint(i)
			w.out(id)
			w.back(id, failed)
			w.back(id, true) // A second word about the same replay does not count.
			failures := 0
			for _, f := range outcomes[max(0, i+1-trial) : i+1] {
				if f {
					failures++
				}
			}
			if w.failing() != (failures > trial/2) {
				t.Fatalf("failing is %t after %d failures in the last %d", w.failing(), failures, trial)
			}
		}
	})
}
