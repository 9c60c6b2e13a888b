package sandbox

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Names of the parts that callers need, so that they import one package.
type (
	// Entry is one request in the journal.
	Entry = journal.Entry
	// Stats are the counts of both channels.
	Stats = journal.Stats
	// Counts are the counts of one channel.
	Counts = journal.Counts
	// Rule scripts what goes wrong.
	Rule = script.Rule
	// Match selects requests.
	Match = script.Match
	// Action is what happens to them.
	Action = script.Action
)

// Channels.
const (
	Email = journal.Email
	SMS   = journal.SMS
)

// Script adds a rule behind the others and returns its id.
func (s *Sandbox) Script(r Rule) (string, error) { return s.script.Add(r) }

// Unscript takes one rule away and reports whether it was there.
func (s *Sandbox) Unscript(id string) bool { return s.script.Remove(id) }

// Clear takes all rules away. Exchanges under way end as planned.
func (s *Sandbox) Clear() { s.script.Clear() }

// Rules returns the rules in force with their counts.
func (s *Sandbox) Rules() []script.State { return s.script.Rules() }

// Accepts returns the accepted messages of a channel in the order of their
// acceptance; of both channels when it is empty.
func (s *Sandbox) Accepts(channel string) ([]Entry, error) {
	return s.journal.Entries(journal.Query{Channel: channel, Kind: journal.KindSend, Accepted: true})
}

// Requests returns every request of a channel, look-ups and refused ones
// included, in the order of their decision; of both channels when it is empty.
func (s *Sandbox) Requests(channel string) ([]Entry, error) {
	return s.journal.Entries(journal.Query{Channel: channel})
}

// Stats returns the counts of this moment.
func (s *Sandbox) Stats() Stats { return s.journal.Stats() }

// Await returns nil as soon as ok holds for the counts, or the context's error.
func (s *Sandbox) Await(ctx context.Context, ok func(Stats) bool) error {
	return s.journal.Await(ctx, ok)
}

// Reset forgets messages, counts and rules. The journal's file keeps its lines
// and gets one that shows the reset.
func (s *Sandbox) Reset() error {
	s.script.Clear()
	return s.journal.Reset()
}
