package provider

import (
	"context"
	"errors"
	"net/url"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Unanswered returns the failure of an exchange that ended with err and without a
// complete answer, and nil when a complete answer was read, which is classified by the
// provider's own table. name is the provider's name and the first part of the code.
//
//   - Nothing was written: certainly not accepted, ClassTransient. A name that
//     does not resolve, a refused connection, a failed handshake and a deadline
//     before there was a connection say nothing about the message: Unreachable.
//     A deadline that passed although a connection was at hand, or before the
//     call began, was no call: Late. A caller that gave up says nothing about
//     the provider either.
//   - Something was written: the provider may have got all of it,
//     ClassUnknownOutcome.
func (x *Exchange) Unanswered(name string, err error) *domain.Failure {
	if x.complete {
		return nil
	}
	f := &domain.Failure{Class: domain.ClassUnknownOutcome, Cause: bareCause(err)}
	if x.wrote {
		f.Code, f.Detail = x.unknown(name, err)
		return f
	}
	f.Class = domain.ClassTransient
	switch {
	case errors.Is(err, context.Canceled):
		f.Code, f.Detail = "canceled", "the call was cancelled before anything was written"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errLate):
		f.Code, f.Detail = name+".deadline", "the deadline passed before anything was written"
		f.Late = x.ready
		f.Unreachable = !f.Late
	default:
		f.Code, f.Detail, f.Unreachable = name+".unreachable", "the provider could not be reached, nothing was written", true
	}
	return f
}

// unknown returns the code and detail of an exchange that was lost after something was
// written.
func (x *Exchange) unknown(name string, err error) (code, detail string) {
	switch {
	case x.status != 0:
		return name + ".truncated", "the answer broke off or was too long to read"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errLate):
		return name + ".timeout", "no answer before the deadline, the request was written"
	case errors.Is(err, context.Canceled):
		return name + ".abandoned", "the call was cancelled after the request was written"
	default:
		return name + ".no_answer", "the connection ended without an answer, the request was written"
	}
}

// Undecided reports whether status leaves open if the message was accepted, regardless
// of the body: a server error may follow acceptance, a 408 may come from a proxy in
// between, and a message API does not answer with redirects. A status below 200 never
// ends an exchange.
func Undecided(status int) bool {
	return status < 200 || status >= 300 && status < 400 || status == 408 || status >= 500
}

// CannotBeAsked reports whether status refuses a look-up for good: the credentials or
// the account are not accepted, or the resource does not exist. Any other answer
// without the facts is an outage.
func CannotBeAsked(status int) bool {
	return status == 401 || status == 403 || status == 404 || status == 410
}

// bareCause strips a *url.Error, whose text contains the whole address with its query,
// which operators must not see.
func bareCause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
