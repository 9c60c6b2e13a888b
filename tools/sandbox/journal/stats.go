package journal

import (
	"context"
	"net/http"
)

// Stats counts what the sandbox saw since its file began or was reset.
type Stats struct {
	Email Counts `json:"email"`
	SMS   Counts `json:"sms"`
	Total Counts `json:"total"`
}

// Counts are the counts of one channel.
type Counts struct {
	// Accepted messages, and attempts that were not accepted.
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	// Distinct notifications among the accepted, and accepts beyond the first
	// of the same one: Accepted = Distinct + Doubled. Same means the same
	// Message-Id, or the same number and text.
	Distinct int `json:"distinct"`
	Doubled  int `json:"doubled"`
	// RepeatedBody counts accepts beyond the first with the same recipient,
	// subject and text, whatever their Message-Id.
	RepeatedBody int `json:"repeated_body"`
	// InFlight sends are being handled now; MaxInFlight is the highest seen.
	InFlight    int `json:"in_flight"`
	MaxInFlight int `json:"max_in_flight"`
	// Lookups answered and failed (by a rule or a bad request).
	Lookups       int `json:"lookups"`
	LookupsFailed int `json:"lookups_failed"`
}

// of returns the counts of a channel.
func (s *Stats) of(channel string) *Counts {
	if channel == SMS {
		return &s.SMS
	}
	return &s.Email
}

func (s *Stats) count(e Entry, n news) {
	c := s.of(e.Channel)
	switch {
	case e.Kind == KindLookup && e.Status == http.StatusOK:
		c.Lookups++
	case e.Kind == KindLookup:
		c.LookupsFailed++
	case !e.Accepted:
		c.Refused++
	default:
		c.accept(n)
	}
}

func (c *Counts) accept(n news) {
	c.Accepted++
	if n.identity {
		c.Distinct++
	} else {
		c.Doubled++
	}
	if !n.body {
		c.RepeatedBody++
	}
}

// forget resets the counts except those of sends in flight.
func (s *Stats) forget() {
	for _, c := range []*Counts{&s.Email, &s.SMS} {
		*c = Counts{InFlight: c.InFlight, MaxInFlight: c.InFlight}
	}
}

func (s Stats) withTotal() Stats {
	s.Total = Counts{
		Accepted: s.Email.Accepted + s.SMS.Accepted, Refused: s.Email.Refused + s.SMS.Refused,
		Distinct: s.Email.Distinct + s.SMS.Distinct, Doubled: s.Email.Doubled + s.SMS.Doubled,
		RepeatedBody: s.Email.RepeatedBody + s.SMS.RepeatedBody,
		InFlight:     s.Email.InFlight + s.SMS.InFlight, MaxInFlight: s.Email.MaxInFlight + s.SMS.MaxInFlight,
		Lookups: s.Email.Lookups + s.SMS.Lookups, LookupsFailed: s.Email.LookupsFailed + s.SMS.LookupsFailed,
	}
	return s
}

// Stats returns the counts of this moment. Total.MaxInFlight is the sum of the
// channels' maxima.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stats.withTotal()
}

// Begin counts a send as being in flight until the returned func is called.
func (j *Journal) Begin(channel string) func() {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.stats.of(channel)
	c.InFlight++
	c.MaxInFlight = max(c.MaxInFlight, c.InFlight)
	j.notify()
	return func() { j.end(channel) }
}

func (j *Journal) end(channel string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.of(channel).InFlight--
	j.notify()
}

// notify wakes the callers that wait for a change. The caller holds the lock.
func (j *Journal) notify() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// Await returns nil as soon as ok holds for the counts, or the context's error.
func (j *Journal) Await(ctx context.Context, ok func(Stats) bool) error {
	for {
		stats, changed := j.watch()
		if ok(stats) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (j *Journal) watch() (Stats, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.stats.withTotal(), j.changed
}
