package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// Whatever the provider does and whenever the newer event comes: no send begins
// after that, nothing accepted is called withdrawn, nothing is accepted twice, and
// no claim is left open.
func TestNothingIsSentOnceItIsWithdrawn(t *testing.T) {
	kinds := []fake.Fault{
		{Kind: fake.Refused},
		{Kind: fake.Reset},
		{Kind: fake.Reset, Accepted: true},
		{Kind: fake.Hang},
		{Kind: fake.Hang, Accepted: true},
		{Kind: fake.ServerError, Accepted: true},
		{Kind: fake.RateLimited, RetryAfter: time.Minute},
		{Kind: fake.AmbiguousRefusal},
		{Kind: fake.BadConfiguration},
		{Kind: fake.UnknownRefusal},
	}
	outcomes := map[string]int{}
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(8, seed))
		inRig(t, func(r *rig) {
			r.provider.Latency = time.Duration(dice.IntN(3)) * time.Second
			for range dice.IntN(5) {
				r.provider.Fail(kinds[dice.IntN(len(kinds))])
			}
			if dice.IntN(2) == 0 {
				r.limit(0.3)
			}
			acknowledge := time.Duration(dice.IntN(8)) * time.Second
			slow := rand.New(rand.NewPCG(9, seed))
			var mu sync.Mutex // appends are concurrent
			r.slowly(acknowledge, func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slow.IntN(2) == 0
			})
			r.start(dice.IntN(4))
			when := time.Duration(dice.Int64N(int64(90 * time.Second)))
			rec := r.event("A")
			outcome := r.withdrawn(rec, when)
			outcomes[outcome]++
			r.others.Wait()
			accepted := 0
			for _, a := range r.provider.Accepted() {
				if a.AppointmentID == "A" {
					accepted++
				}
			}
			r.want(fmt.Sprintf("seed %d, %s: accepted", seed, outcome), accepted, map[bool]int{true: 1}[outcome == "sent"])
			for i, n := range r.notes {
				if n.Event.AppointmentID == "A" && r.sends[i] > when {
					t.Errorf("seed %d: a send at %s, withdrawn at %s", seed, r.sends[i], when)
				}
			}
			r.wantNoClaim()
		})
	}
	for _, want := range []string{"sent", "skipped superseded"} {
		if outcomes[want] < 30 {
			t.Errorf("the seeds make too few %s: %v", want, outcomes)
		}
	}
}
