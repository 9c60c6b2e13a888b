package harness

import (
	"fmt"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// Script adds a rule to the sandbox.
func (s *System) Script(r sandbox.Rule) string {
	s.T.Helper()
	id, err := s.Sandbox.Script(r)
	if err != nil {
		s.T.Fatal(err)
	}
	return id
}

// Accepts returns what the provider accepted, in order.
func (s *System) Accepts() []sandbox.Entry {
	s.T.Helper()
	accepts, err := s.Sandbox.Accepts(s.Channel)
	if err != nil {
		s.T.Fatal(err)
	}
	return accepts
}

// Recipient returns where an event's notification goes on the channel.
func (s *System) Recipient(e Event) string {
	if s.Channel == sandbox.SMS {
		return fmt.Sprint(e["phone_e164"])
	}
	return fmt.Sprint(e["email"])
}

// Judge compares what was published with what the provider accepted: each
// recipient in want exactly once and no other. It returns how many are lost
// and how many accepts were one too many.
func (s *System) Judge(want []Event) (lost, doubled int) {
	s.T.Helper()
	times := map[string]int{}
	for _, a := range s.Accepts() {
		times[a.Recipient]++
	}
	for _, e := range want {
		n := times[s.Recipient(e)]
		if n == 0 {
			lost++
		}
		doubled += max(0, n-1)
		delete(times, s.Recipient(e))
	}
	for range times {
		doubled++
	}
	return lost, doubled
}

// JudgeOrder fails the test unless the accepts of each appointment came in the
// order in which its events were published. It needs events whose recipients
// sort in that order.
func (s *System) JudgeOrder() {
	s.T.Helper()
	sequences := map[string][]string{}
	for _, a := range s.Accepts() {
		sequences[a.AppointmentID] = append(sequences[a.AppointmentID], a.Recipient)
	}
	for appointment, got := range sequences {
		if !slices.IsSorted(got) {
			s.T.Errorf("%s was sent out of order: %v", appointment, got)
		}
	}
}
