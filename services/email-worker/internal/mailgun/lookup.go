package mailgun

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

const (
	// pageSize is how many rows one page may hold; one message has a few.
	pageSize = 100
	// maxPages ends a look-up whose pages never end.
	maxPages = 100
)

// LookUp implements ports.Sender: it asks for Mailgun's records of the message. Records
// appear with a delay and not in order. So a record proves acceptance at once, while
// its absence proves nothing before the caller's time is over. Source: Mailgun's guide
// to event polling.
func (s *Sender) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	h, ok := parseHandle(q.Handle)
	if !ok {
		return ports.Accepted{}, lookUpFailure(domain.ClassUnknownOutcome, "handle", "the handle is not one of Mailgun's")
	}
	a := s.ask(ctx, question{h, q.ClaimedAt})
	switch {
	case a.failure != nil:
		return ports.Accepted{}, a.failure
	case a.accepted:
		return ports.Accepted{ProviderID: h.messageID}, nil
	case time.Since(q.ClaimedAt) > s.retention-lookUpMargin:
		return ports.Accepted{}, expired()
	default:
		return ports.Accepted{}, ports.ErrNotFound
	}
}

// question is one look-up.
type question struct {
	handle
	claimed time.Time
}

// answer is the answer of one path. The zero answer is a complete "not found".
type answer struct {
	accepted bool
	// failure is set if there is no answer: ClassTransient if asking again may bring
	// one, otherwise ClassUnknownOutcome.
	failure *domain.Failure
	// final is set with a failure that is the same for every path, expired with one
	// that says that the time is past the retention.
	final, expired bool
}

// ask asks one path after the other.
func (s *Sender) ask(ctx context.Context, q question) answer {
	return s.inTurn(ctx, func(ctx context.Context, p *path) answer { return p.search(ctx, q) })
}

// begin is where a search starts: a margin before the claim, because clocks differ, but
// not before kept, the earliest time that Mailgun may be asked about.
func begin(claimed, kept, now time.Time) time.Time {
	b := claimed.Add(-lookUpMargin)
	if latest := now.Add(-lookUpMargin); b.After(latest) {
		b = latest
	}
	if b.Before(kept) {
		return kept
	}
	return b
}

// pageFailure returns the failure of a page. Only a refusal of the key or of the
// resource is final; all other failures are transient.
func pageFailure(x *provider.Exchange, err error) *domain.Failure {
	if f := x.Unanswered(name+".lookup", err); f != nil {
		f.Class = domain.ClassTransient
		return f
	}
	status := x.Status()
	f := lookUpFailure(domain.ClassTransient, strconv.Itoa(status), "Mailgun could not answer the look-up")
	switch {
	case provider.CannotBeAsked(status):
		f.Class, f.Detail = domain.ClassUnknownOutcome, "Mailgun refuses to be asked; MAILGUN_READ_API_KEY, or else MAILGUN_API_KEY, must be allowed to read events and logs"
	case status == http.StatusTooManyRequests:
		f.Detail, f.RetryAfter = "Mailgun limits the rate of look-ups", delay(x)
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return unreadable("Mailgun's answer to the look-up cannot be read")
	default:
		retry := http.Header{"Retry-After": x.Header()["Retry-After"]} // the other headers are about the rate
		f.RetryAfter = provider.Delay(retry, "", time.Now())
	}
	return f
}

// row is an event in the form that both paths share. The SDK's own types are not used,
// because it fails on a page with any event that it does not know.
type row struct {
	Event   string `json:"event"`
	Message struct {
		Headers struct {
			MessageID string `json:"message-id"`
		} `json:"headers"`
	} `json:"message"`
}

// about reports whether r is about the message. The search's filter alone is not
// trusted with a decision about a second send.
func (h handle) about(r row) bool {
	return strings.Trim(r.Message.Headers.MessageID, "<>") == h.messageID
}

// tally collects the rows of one message over all pages.
type tally struct {
	handle
	accepted, rejected bool
}

// take searches a page for an event that proves that Mailgun accepted the message. Each
// of the three kinds proves it, and any of them may show first. "rejected" proves
// nothing, because it is not documented whether it can follow a refused request.
func (t *tally) take(rows []json.RawMessage) (enough bool, _ *domain.Failure) {
	for _, raw := range rows {
		var r row
		if json.Unmarshal(raw, &r) != nil {
			return false, unreadable("Mailgun's answer to the look-up cannot be read")
		}
		if !t.about(r) {
			continue
		}
		t.rejected = t.rejected || r.Event == "rejected"
		if r.Event == "accepted" || r.Event == "delivered" || r.Event == "failed" {
			t.accepted = true
			return true, nil
		}
	}
	return false, nil
}

// end returns the answer of a search whose reading ended with read.
func (t *tally) end(read answer) answer {
	switch {
	case t.accepted:
		return answer{accepted: true}
	case read.failure == nil && t.rejected:
		return answer{final: true, failure: lookUpFailure(domain.ClassUnknownOutcome, "rejected",
			"Mailgun rejected the message, and does not say whether it had accepted it before")}
	default:
		return read
	}
}

func unreadable(detail string) *domain.Failure {
	return lookUpFailure(domain.ClassTransient, "unreadable", detail)
}

func expired() *domain.Failure {
	return lookUpFailure(domain.ClassUnknownOutcome, "expired",
		"Mailgun no longer keeps events of that time, so that it knows none proves nothing")
}

func lookUpFailure(class domain.Class, code, detail string) *domain.Failure {
	return &domain.Failure{Class: class, Code: name + ".lookup." + code, Detail: detail}
}
