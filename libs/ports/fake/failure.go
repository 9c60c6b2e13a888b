package fake

import (
	"context"
	"errors"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// sendFailure is what Send returns for f.
func (f *Fault) sendFailure() *domain.Failure {
	class := domain.ClassUnknownOutcome
	switch f.Kind {
	case RateLimited:
		class = domain.ClassTransient
	case BadRecipient:
		class = domain.ClassRecipientRejected
	case BadMessage, UnknownRefusal:
		class = domain.ClassMessageRejected
	case BadConfiguration:
		class = domain.ClassConfiguration
	default:
	}
	out := failure(class, string(f.Kind), nil)
	out.RetryAfter, out.Unrecognized = f.RetryAfter, f.Kind == UnknownRefusal
	return out
}

// lookUpFailure is what LookUp returns for f: a refusal is final, everything
// else passes.
func (f *Fault) lookUpFailure() *domain.Failure {
	class := domain.ClassTransient
	switch f.Kind {
	case BadConfiguration, BadMessage, BadRecipient, UnknownRefusal:
		class = domain.ClassUnknownOutcome
	default:
	}
	out := failure(class, "lookup."+string(f.Kind), nil)
	out.RetryAfter = f.RetryAfter
	return out
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
		f.Code, f.Unreachable = "fake.deadline", true
	} else {
		f.Code = "canceled"
	}
	return f
}

func failure(class domain.Class, code string, cause error) *domain.Failure {
	return &domain.Failure{Class: class, Code: "fake." + code, Detail: "a scripted fault", Cause: cause}
}
