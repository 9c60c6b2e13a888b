package observe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Snapshot is the state of one channel at one moment; counts begin with the process.
type Snapshot struct {
	Channel domain.Channel `json:"channel"`
	// Halted is nil while sending goes on.
	Halted *Halted `json:"halted"`
	// Waiting counts the records that wait, by what they wait for.
	Waiting      map[ports.Wait]int64 `json:"waiting"`
	Sent         int64                `json:"sent"`
	Skipped      int64                `json:"skipped"`
	DeadLettered int64                `json:"dead_lettered"`
	// LastSent is nil before the first message.
	LastSent *time.Time `json:"last_sent"`
	Alerts   []Alert    `json:"alerts"`
}

// Halted describes a halt of sending.
type Halted struct {
	Class domain.Class `json:"class"`
	Code  string       `json:"code"`
	Fix   string       `json:"fix"`
	Since time.Time    `json:"since"`
	// NextProbe is when the next probe is due.
	NextProbe time.Time `json:"next_probe"`
}

// Alert is the newest alert of one code.
type Alert struct {
	Code   string    `json:"code"`
	Detail string    `json:"detail"`
	Count  int64     `json:"count"`
	Last   time.Time `json:"last"`
}

// Snapshot returns the present state of each channel, in the order of domain.Channels.
func (o *Observer) Snapshot() []Snapshot {
	states := slices.SortedFunc(maps.Values(o.channels.all()), func(a, b *channelState) int {
		return cmp.Or(cmp.Compare(slices.Index(domain.Channels(), a.channel), slices.Index(domain.Channels(), b.channel)),
			cmp.Compare(a.channel, b.channel))
	})
	all := make([]Snapshot, len(states))
	for i, s := range states {
		all[i] = o.snapshot(s)
	}
	return all
}

func (o *Observer) snapshot(s *channelState) Snapshot {
	snap := Snapshot{
		Channel: s.channel, Waiting: make(map[ports.Wait]int64),
		Sent: s.sent.Load(), Skipped: s.skipped.Load(), DeadLettered: s.deadLettered.Load(),
		Alerts: []Alert{},
	}
	for i, w := range waits() {
		snap.Waiting[w] = s.waiting[i].Load()
	}
	if nanos := s.lastSent.Load(); nanos != 0 {
		last := time.Unix(0, nanos)
		snap.LastSent = &last
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halt.Halted {
		snap.Halted = &Halted{Class: s.halt.Class, Code: s.halt.Code, Fix: o.fix(s.channel, s.halt.Class), Since: s.since, NextProbe: s.halt.Until}
	}
	for _, code := range slices.Sorted(maps.Keys(s.alerts)) {
		snap.Alerts = append(snap.Alerts, *s.alerts[code])
	}
	return snap
}

// Ready returns nil while sending goes on, otherwise an error with the reason of the
// halt and the remedy.
func (o *Observer) Ready() error {
	for _, snap := range o.Snapshot() {
		if h := snap.Halted; h != nil {
			return fmt.Errorf("sending on %s is halted since %s: %s (%s); %s",
				snap.Channel, h.Since.Format(time.RFC3339), h.Class, h.Code, h.Fix)
		}
	}
	return nil
}

// fix returns the remedy for a halt. The messages are kept, and sending resumes by
// itself in either case.
func (o *Observer) fix(ch domain.Channel, class domain.Class) string {
	if class != domain.ClassConfiguration {
		return "the provider is down, unreachable or asks to wait: nothing to do, sending resumes by itself"
	}
	what := cmp.Or(o.hints[ch], "the provider's settings and account")
	return "check " + what + ": what is repaired at the provider is noticed by itself, changed settings need a restart"
}
