package delivery

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	// firstLookUpPause is the shortest time between two look-ups of one message.
	firstLookUpPause = 100 * time.Millisecond
	// lookUpErrorFirst and lookUpErrorMax bound the pause after a look-up without a
	// clean answer. They do not depend on the visibility time: if that is short, a
	// provider in trouble would be called too often.
	lookUpErrorFirst = time.Second
	lookUpErrorMax   = 2 * time.Minute
	// lookUpDelayMax bounds the delay that a provider asks for. The delay may be a day.
	// Waited out in full, it could outlast the provider's own history, and a message
	// would be given up although the provider could have answered.
	lookUpDelayMax = 30 * time.Minute
	// lookUpErrors is how many errors in a row raise an alert.
	lookUpErrors = 10
)

// lookUpPace spaces the look-ups of one message. After a clean "not found" the
// next comes soon, and within an eighth of the visibility; errors back off by
// themselves, no sooner than the provider asks.
type lookUpPace struct {
	visibility time.Duration
	answers    int
	errors     int
	asked      time.Duration
}

// after records the end of a look-up that proved nothing and returns the number of
// errors in a row.
func (p *lookUpPace) after(err error) int {
	if errors.Is(err, ports.ErrNotFound) {
		p.answers++
		p.errors, p.asked = 0, 0
		return 0
	}
	p.errors++
	p.asked = min(domain.AsFailure(err).RetryAfter, lookUpDelayMax)
	return p.errors
}

// wait returns the pause before the next look-up; left is the time until a "not found"
// proves something.
func (p *lookUpPace) wait(left time.Duration) time.Duration {
	if p.errors > 0 {
		d := min(lookUpErrorMax, lookUpErrorFirst<<min(p.errors-1, 16))
		return max(p.asked, d/2+rand.N(d/2)+1)
	}
	most := max(p.visibility/8, firstLookUpPause)
	d := min(most, max(p.visibility/512, firstLookUpPause)<<min(p.answers-1, 16))
	// A clean answer is worth repeating as soon as it can prove something.
	return min(d, max(left, firstLookUpPause))
}
