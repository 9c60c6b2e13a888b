package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// accepted tells the gate that the provider accepted a message to recipient.
func (g *Gate) accepted(p permit, recipient string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusals.accepted(accept{recipient, p.began})
	g.delays.last = ""
	g.answered(p)
}

// succeeded tells the gate that the provider answered about a message.
func (g *Gate) succeeded(p permit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answered(p)
}

// answered opens the gate, whether or not the caller is a probe. While a delay lasts
// that the provider asked for, only a probe opens it: a send that was under way when
// the delay began says nothing about its end.
func (g *Gate) answered(p permit) {
	clear(g.failing)
	clear(g.unrecognized)
	g.unreachable = 0
	if g.halted && (!g.delayed || p.probe) {
		g.open()
	}
}

// failed tells the gate how a send ended.
func (g *Gate) failed(p permit, h *history, f *domain.Failure) {
	switch f.Class {
	case domain.ClassRecipientRejected, domain.ClassInvalidEvent:
		g.succeeded(p)
	case domain.ClassMessageRejected:
		g.rejected(p, h.recipient, f)
	case domain.ClassConfiguration:
		g.refused(p, h, f)
	case domain.ClassTransient:
		if f.RetryAfter > 0 {
			g.limited(p, h.recipient, f)
			return
		}
		g.missed(p, h.recipient, f)
	case domain.ClassUnknownOutcome, domain.ClassRetriesExhausted:
		g.missed(p, h.recipient, f)
	}
}

// rejected counts refusals that are in no provider table.
func (g *Gate) rejected(p permit, recipient string, f *domain.Failure) {
	if !f.Unrecognized {
		g.succeeded(p)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unrecognized[recipient] = true
	if len(g.unrecognized) >= haltUnrecognized {
		g.halt(permit{}, &domain.Failure{Class: domain.ClassConfiguration, Code: f.Code})
	}
}

// missed counts failures for which the provider may be at fault.
func (g *Gate) missed(p permit, recipient string, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.Unreachable {
		g.unreachable++
	}
	if len(g.failing) < haltRecipients {
		g.failing[recipient] = true
	}
	if p.probe || g.unreachable >= haltUnreachable || len(g.failing) >= haltRecipients {
		g.halt(p, &domain.Failure{Class: domain.ClassTransient, Code: f.Code})
	}
}

// unanswered tells the gate that a probe's question got no answer.
func (g *Gate) unanswered(p permit, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.halt(p, &domain.Failure{Class: domain.ClassTransient, Code: f.Code})
	if asked := time.Now().Add(min(f.RetryAfter, delayProbe)); asked.After(g.next) {
		g.schedule(asked)
	}
}
