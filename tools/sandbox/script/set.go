package script

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Request holds the properties of a request that rules match.
type Request struct {
	Channel, Kind, API, Recipient, AppointmentID string
}

// Plan is the plan of one exchange.
type Plan struct {
	// Rules names the rules that took part.
	Rules []string
	// Before is the time until the decision, After from it to the answer.
	Before, After time.Duration
	// Action is the action; nil if the exchange goes as usual.
	Action *Action
	// Fate is the fate of the message if it is accepted; nil for the usual one.
	Fate *Action
}

// Set holds the rules in force. Its methods may be called concurrently.
type Set struct {
	mu     sync.Mutex
	rules  []*active
	nextID int
}

// active is a rule with its state.
type active struct {
	Rule
	random  *rand.Rand
	ends    time.Time
	matched int
	fired   int
}

// State is a rule in force with its counts.
type State struct {
	Rule Rule `json:"rule"`
	// Matched requests, and those of them on which the rule acted.
	Matched int `json:"matched"`
	Fired   int `json:"fired"`
	// Spent says that Count or For is over.
	Spent bool `json:"spent"`
}

// Add puts the rule behind the others and returns its id.
func (s *Set) Add(r Rule) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	if r.ID == "" {
		r.ID = fmt.Sprintf("rule-%d", s.nextID)
	}
	a := &active{Rule: r, random: rand.New(rand.NewPCG(r.Match.Seed, uint64(len(s.rules))))}
	if r.For > 0 {
		a.ends = time.Now().Add(r.For)
	}
	s.rules = append(s.rules, a)
	return r.ID, nil
}

// Remove takes the rule away and reports whether it was there.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, a := range s.rules {
		if a.ID == id {
			s.rules = append(s.rules[:i:i], s.rules[i+1:]...)
			return true
		}
	}
	return false
}

// Clear takes all rules away.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Rules returns the rules in their order, spent ones too.
func (s *Set) Rules() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make([]State, 0, len(s.rules))
	for _, a := range s.rules {
		states = append(states, State{Rule: a.Rule, Matched: a.matched, Fired: a.fired, Spent: a.spent()})
	}
	return states
}

// Decide returns the plan for a request and counts it.
func (s *Set) Decide(r Request) Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p Plan
	for _, a := range s.rules {
		if p.decided(a.Action.Type) || !a.takes(r) {
			continue
		}
		p.Rules = append(p.Rules, a.ID)
		switch a.Action.Type {
		case Latency:
			a.delay(&p)
		case Fate:
			p.Fate = &a.Action
		default:
			p.Action = &a.Action
		}
	}
	return p
}

// decided reports whether an earlier rule has decided on actions of a type.
func (p *Plan) decided(kind string) bool {
	switch kind {
	case Latency:
		return false
	case Fate:
		return p.Fate != nil
	}
	return p.Action != nil
}

// takes reports whether the rule acts on the request, and counts.
func (a *active) takes(r Request) bool {
	if a.spent() || !a.matches(r) {
		return false
	}
	a.matched++
	n := a.matched - a.Match.Skip
	if n <= 0 || a.Match.Every > 1 && n%a.Match.Every != 0 {
		return false
	}
	if a.Match.Probability > 0 && a.random.Float64() >= a.Match.Probability {
		return false
	}
	a.fired++
	return true
}

func (a *active) spent() bool {
	return a.Count > 0 && a.fired >= a.Count || !a.ends.IsZero() && !time.Now().Before(a.ends)
}

func (a *active) matches(r Request) bool {
	m := a.Match
	return (m.Channel == "" || m.Channel == r.Channel) && a.matchesKind(r.Kind) && (m.API == "" || m.API == r.API) &&
		(m.AppointmentID == "" || m.AppointmentID == r.AppointmentID) &&
		(m.Recipient == "" || glob(strings.ToLower(m.Recipient), strings.ToLower(r.Recipient)))
}

func (a *active) matchesKind(kind string) bool {
	want := a.Match.Kind
	if want == "" && a.Action.Type == Down {
		want = "any"
	}
	return want == "any" || want == kind || want == "" && kind == "send"
}

func (a *active) delay(p *Plan) {
	d := a.Action.Delay
	if spread := a.Action.DelayMax - d; spread > 0 {
		d += time.Duration(a.random.Int64N(int64(spread) + 1))
	}
	before := d
	switch a.Action.AcceptAt {
	case AcceptAtStart:
		before = 0
	case AcceptRandomly:
		before = time.Duration(a.random.Int64N(int64(d) + 1))
	}
	p.Before += before
	p.After += d - before
}

// glob matches a pattern in which "*" stands for any run of characters.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}
