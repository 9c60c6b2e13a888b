package fake

import (
	"context"
	"errors"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// sendFailure is what Send returns for f.
func (f *Fault) sendFailure() *domain.Failure {
	class, refusal := refusals()[f.Kind]
	if !refusal {
		class = domain.ClassUnknownOutcome
	}
	out := failure(class, string(f.Kind), nil)
	out.RetryAfter, out.Unrecognized, out.Ambiguous = f.RetryAfter, f.Kind == UnknownRefusal, f.Kind == AmbiguousRefusal
	return out
}

// lookUpFailure is what LookUp returns for f: a refusal that waiting cannot change is
// final, all other failures are transient.
func (f *Fault) lookUpFailure() *domain.Failure {
	class := domain.ClassTransient
	if _, refusal := refusals()[f.Kind]; refusal && f.Kind != RateLimited {
		class = domain.ClassUnknownOutcome
	}
	out := failure(class, "lookup."+string(f.Kind), nil)
	out.RetryAfter = f.RetryAfter
	return out
}

// refusals are the faults after which a message was certainly not accepted, and
// the class of each.
func refusals() map[Kind]domain.Class {
	return map[Kind]domain.Class{
		RateLimited:      domain.ClassTransient,
		BadRecipient:     domain.ClassRecipientRejected,
		BadMessage:       domain.ClassMessageRejected,
		UnknownRefusal:   domain.ClassMessageRejected,
		BadConfiguration: domain.ClassConfiguration,
		AmbiguousRefusal: domain.ClassConfiguration,
	}
}

// refused is the failure of a connection that could not be made.
func refused() *domain.Failure {
	f := failure(domain.ClassTransient, "unreachable", nil)
	f.Unreachable = true
	return f
}

// unsent is the failure of a context that was over before the call.
func unsent(err error) *domain.Failure {
	f := failure(domain.ClassTransient, "canceled", err)
	if errors.Is(err, context.DeadlineExceeded) {
		f.Code, f.Late = "fake.deadline", true
	} else {
		f.Code = "canceled"
	}
	return f
}

func failure(class domain.Class, code string, cause error) *domain.Failure {
	return &domain.Failure{Class: class, Code: "fake." + code, Detail: "a scripted fault", Cause: cause}
}
