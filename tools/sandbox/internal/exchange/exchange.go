// Package exchange runs one request through the script and the journal, the
// same way for both providers.
package exchange

import (
	"net/http"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Exchange runs requests. Its methods may be called concurrently.
type Exchange struct {
	Journal *journal.Journal
	Script  *script.Set
	// Closed ends all waiting when it is closed.
	Closed <-chan struct{}
}

// Answer is a complete HTTP answer.
type Answer struct {
	Status      int
	ContentType string
	Header      map[string]string
	Body        []byte
}

// Provider is the interface to a provider.
type Provider interface {
	// Scripted returns the provider's usual answer with the status, or for the
	// error code when it has codes, about a message to the recipient.
	Scripted(status, code int, recipient string) Answer
}

// Send is one attempt to hand over a message.
type Send struct {
	Provider Provider
	Entry    journal.Entry
	Content  *journal.Content
	// Refusal is the provider's own objection; nil: the message is fine.
	Refusal *Answer
	// Accepted makes the answer to an accepted message.
	Accepted func(journal.Entry) Answer
	// Turns returns the turns of an accepted message with a fate; nil means the usual
	// ones.
	Turns func(fate *script.Action) []journal.Turn
}

// Send handles the attempt from the plan to the answer.
func (x *Exchange) Send(w http.ResponseWriter, r *http.Request, s Send) {
	defer x.Journal.Begin(s.Entry.Channel)()
	plan := x.plan(s.Entry, "")
	s.Entry.Rule = strings.Join(plan.Rules, ",")
	x.wait(plan.Before)
	switch {
	case plan.Action != nil && refuses(plan.Action):
		x.refuse(w, r, s, plan)
	case s.Refusal != nil:
		x.answerRefusal(w, r, s, *s.Refusal, plan.After)
	default:
		x.accept(w, r, s, plan)
	}
}

func (x *Exchange) plan(e journal.Entry, api string) script.Plan {
	return x.Script.Decide(script.Request{
		Channel: e.Channel, Kind: e.Kind, API: api, Recipient: e.Recipient, AppointmentID: e.AppointmentID,
	})
}

func refuses(a *script.Action) bool {
	return a.Type != script.AcceptThen && a.Type != script.Hold && a.Type != script.Distort
}

// refuse plays an action under which nothing is accepted.
func (x *Exchange) refuse(w http.ResponseWriter, r *http.Request, s Send, p script.Plan) {
	switch p.Action.Type {
	case script.Answer, script.Redirect:
		x.answerRefusal(w, r, s, scripted(s, p.Action), p.After)
	case script.Hang:
		x.record(s, 0, p.Action.Type)
		x.hang(w, r, p.Action.Max)
	default:
		x.record(s, 0, p.Action.Type)
		x.linger(r, p.After)
		reset(w)
	}
}

func (x *Exchange) answerRefusal(w http.ResponseWriter, r *http.Request, s Send, a Answer, after time.Duration) {
	x.record(s, a.Status, "refused")
	x.linger(r, after)
	write(w, a)
}

// record records an attempt that was not accepted. If the journal cannot be written,
// the answer stays the same, because nothing was accepted.
func (x *Exchange) record(s Send, status int, outcome string) {
	s.Entry.ID, s.Entry.Status, s.Entry.Outcome = "", status, outcome
	_, _ = x.Journal.Append(s.Entry, nil)
}

// accept records the acceptance, and only then answers.
func (x *Exchange) accept(w http.ResponseWriter, r *http.Request, s Send, p script.Plan) {
	ending, answer := script.EndStatus, s.Accepted(s.Entry)
	s.Entry.Turns = s.Turns(p.Fate)
	s.Entry.Accepted, s.Entry.Status, s.Entry.Outcome = true, answer.Status, "accepted"
	if p.Action != nil {
		ending = x.twist(&s, &answer, p.Action)
	}
	if _, err := x.Journal.Append(s.Entry, s.Content); err != nil {
		write(w, s.Provider.Scripted(http.StatusInternalServerError, 0, s.Entry.Recipient))
		return
	}
	x.linger(r, p.After)
	x.finish(w, r, ending, answer, p)
}

// twist applies an action that accepts the message, and returns how the exchange ends.
func (x *Exchange) twist(s *Send, answer *Answer, a *script.Action) string {
	if a.Type == script.Hold {
		s.Entry.Outcome = "accepted late"
		x.wait(a.Delay)
		return script.EndStatus
	}
	s.Entry.Outcome = "accepted, then " + a.Ending
	switch a.Ending {
	case script.EndStatus:
		*answer = scripted(*s, a)
		s.Entry.Status = answer.Status
	case script.EndGarbage:
		*answer = Answer{Status: answer.Status, ContentType: "text/html", Body: []byte("<html><body>OK</body></html>")}
	case script.EndReset, script.EndHang:
		s.Entry.Status = 0
	}
	return a.Ending
}

func (x *Exchange) finish(w http.ResponseWriter, r *http.Request, ending string, a Answer, p script.Plan) {
	switch ending {
	case script.EndReset:
		reset(w)
	case script.EndHang:
		x.hang(w, r, p.Action.Max)
	case script.EndTruncate:
		truncate(w, a)
	default:
		write(w, a)
	}
}

// Lookup is one question about earlier messages.
type Lookup struct {
	Provider Provider
	// API names which of the provider's APIs is asked, where it has several.
	API   string
	Entry journal.Entry
	// Answer makes the answer. A twist is the ending of a Distort.
	Answer func(twist string) Answer
}

// Lookup handles the question from the plan to the answer.
func (x *Exchange) Lookup(w http.ResponseWriter, r *http.Request, l Lookup) {
	plan := x.plan(l.Entry, l.API)
	l.Entry.Rule = strings.Join(plan.Rules, ",")
	x.wait(plan.Before + plan.After)
	s := Send{Provider: l.Provider, Entry: l.Entry}
	if plan.Action != nil && refuses(plan.Action) {
		plan.After = 0
		x.refuse(w, r, s, plan)
		return
	}
	twist := ""
	if plan.Action != nil && plan.Action.Type == script.Distort {
		twist = plan.Action.Ending
	}
	a := l.Answer(twist)
	x.record(s, a.Status, "answered")
	write(w, a)
}
