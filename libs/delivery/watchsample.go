package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// AlertVisibility is the code of the alert that accepted messages show later than
// half of the visibility time.
const AlertVisibility = "promise.visibility"

// firstSampleAge is the age at which a sample is looked up first, where the
// visibility time is half an hour or more.
const firstSampleAge = time.Second

// rechecks is how often a sample is looked up after it showed.
const rechecks = 3

// sample is one accepted message that is looked up until it shows. Its age counts
// from the provider's answer, on our monotonic clock.
type sample struct {
	watch    *Watch
	claim    ports.Claim
	accepted time.Time
	// alarmed and late are set once it is unseen beyond half of the visibility
	// time, and beyond all of it.
	alarmed, late bool
	errors        int
}

func (s *sample) age() time.Duration { return time.Since(s.accepted) }

// follow looks the sample up at doubling ages.
func (s *sample) follow() {
	for age := s.first(); s.sleep(age - s.age()); age = s.next() {
		asked := s.age()
		err := s.ask()
		switch {
		case err == nil:
			s.end(ports.SampleSeen)
			s.recheck()
			return
		case errors.Is(err, ports.ErrNotFound):
			s.errors = 0
			if s.unseen(asked) {
				s.end(ports.SampleNever)
				return
			}
		case !unreachable(err), asked > 4*s.watch.cfg.Visibility:
			s.end(ports.SampleCensored)
			return
		default:
			s.errors++
		}
	}
	s.end(ports.SampleCensored)
}

// first is the age of the first look-up. Doubling from there reaches the visibility
// time within a dozen look-ups.
func (s *sample) first() time.Duration {
	return min(firstSampleAge, max(s.watch.cfg.Visibility/16, firstLookUpPause))
}

// next is the age of the next look-up: twice the present age, or the next age at which
// being unseen has a meaning if that comes first. Beyond the visibility time the
// look-ups are an eighth of it apart. After an error the look-up is repeated soon.
func (s *sample) next() time.Duration {
	age, v := s.age(), s.watch.cfg.Visibility
	if s.errors > 0 {
		return age + min(lookUpErrorMax, lookUpErrorFirst<<min(s.errors-1, 16))
	}
	if age >= v {
		return min(age+v/8, max(2*v, age+firstLookUpPause)) // doubts wait for this look-up
	}
	next := max(2*age, s.first())
	for _, mark := range []time.Duration{v / 2, v} {
		if age < mark && mark < next {
			return mark
		}
	}
	return next
}

// recheck looks again a few times: a message that showed must stay visible.
func (s *sample) recheck() {
	for pause, n := max(s.age(), s.first()), 0; n < rechecks; pause, n = 2*pause, n+1 {
		if !s.sleep(min(pause, s.watch.cfg.Visibility)) {
			return
		}
		if errors.Is(s.ask(), ports.ErrNotFound) {
			s.alert("an accepted message that the provider's look-up had shown is gone from it")
			s.note(ports.SampleFlapped, func(v *view) { v.Flapping++ })
			return
		}
	}
}

// ask makes the look-up that a doubt would make.
func (s *sample) ask() (err error) {
	w := s.watch
	select {
	case w.asks <- struct{}{}:
		defer func() { <-w.asks }()
	case <-w.ctx.Done():
		return &domain.Failure{Class: domain.ClassTransient, Code: "canceled"}
	}
	ctx, cancel := context.WithTimeout(w.ctx, w.cfg.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			w.observer.Panicked(w.cfg.Channel, v, debug.Stack())
			err = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic"}
		}
	}()
	_, err = w.sender.LookUp(ctx, lookUpOf(s.claim))
	return err
}

// unseen records that the sample did not show at an age, and reports whether it is
// given up.
func (s *sample) unseen(age time.Duration) (never bool) {
	v := s.watch.cfg.Visibility
	if age >= v/2 && !s.alarmed {
		s.alarmed = true
		s.alert(fmt.Sprintf("an accepted message does not show in the provider's look-up after %s, half of the visibility time", age.Round(time.Millisecond)))
	}
	if age >= v && !s.late {
		s.late = true
		s.alert("an accepted message does not show in the provider's look-up within the visibility time: until it does, 'not found' proves nothing and doubts wait")
		s.note(ports.SampleLate, func(v *view) { v.overdue(s.accepted) })
	}
	if age < 2*v {
		return false
	}
	s.alert("an accepted message never showed in the provider's look-up: doubts end as dead letters, because the provider cannot tell what it accepted")
	return true
}

// end records what became of the sample. It stops counting as overdue under the same
// lock: a doubt that looked in between would find the promise kept.
func (s *sample) end(result ports.SampleResult) {
	age := s.age()
	s.note(result, func(v *view) {
		if s.late {
			v.Overdue--
		}
		switch result {
		case ports.SampleSeen:
			v.seen(s.accepted, age, s.watch.cfg.Visibility)
		case ports.SampleNever:
			v.never()
		default:
			v.Censored++
		}
	})
}

func (s *sample) note(result ports.SampleResult, change func(*view)) {
	s.watch.mu.Lock()
	change(&s.watch.view)
	s.watch.mu.Unlock()
	s.watch.observer.Sampled(s.watch.cfg.Channel, result, s.age())
}

func (s *sample) alert(detail string) {
	s.watch.observer.Alert(s.watch.cfg.Channel, AlertVisibility, detail)
}

// sleep waits, and reports whether the watch still runs.
func (s *sample) sleep(d time.Duration) bool {
	return patience{ctx: s.watch.ctx}.sleep(d) == nil
}
