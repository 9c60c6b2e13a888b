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
	accepts, err := s.Sandbox.Accepts(sandbox.Email)
	if err != nil {
		s.T.Fatal(err)
	}
	return accepts
}

// Judge compares what was published with what the provider accepted: each
// recipient in want exactly once and nobody else. It returns how many are lost
// and how many accepts were one too many.
func (s *System) Judge(want []Event) (lost, doubled int) {
	s.T.Helper()
	times := map[string]int{}
	for _, a := range s.Accepts() {
		times[a.Recipient]++
	}
	for _, e := range want {
		n := times[fmt.Sprint(e["email"])]
		if n == 0 {
			lost++
		}
		doubled += max(0, n-1)
		delete(times, fmt.Sprint(e["email"]))
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
