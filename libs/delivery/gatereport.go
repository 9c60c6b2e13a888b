package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// succeeded tells the gate that the provider answered about a message. That
// opens it, whoever asked, but not while the provider's own delay lasts: sends
// that were under way when it was asked for say nothing about it.
func (g *Gate) succeeded(p permit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.failing)
	clear(g.unrecognized)
	g.unreachable = 0
	if !g.halted || (g.delayed && !p.probe) {
		return
	}
	g.halted, g.delayed = false, false
	close(g.changed)
	g.changed = make(chan struct{})
	g.observer.Halted(g.channel, ports.Halt{})
}

// failed tells the gate how a send ended.
func (g *Gate) failed(p permit, recipient string, f *domain.Failure) {
	switch f.Class {
	case domain.ClassRecipientRejected, domain.ClassInvalidEvent:
		g.succeeded(p)
	case domain.ClassMessageRejected:
		g.rejected(p, recipient, f)
	case domain.ClassConfiguration:
		g.halt(p, f)
	case domain.ClassTransient, domain.ClassUnknownOutcome, domain.ClassRetriesExhausted:
		g.missed(p, recipient, f)
	}
}

// rejected counts refusals that stand in no table.
func (g *Gate) rejected(p permit, recipient string, f *domain.Failure) {
	if !f.Unrecognized {
		g.succeeded(p)
		return
	}
	g.mu.Lock()
	g.unrecognized[recipient] = true
	many := len(g.unrecognized) >= haltUnrecognized
	g.mu.Unlock()
	if many {
		g.halt(permit{}, &domain.Failure{Class: domain.ClassConfiguration, Code: f.Code})
	}
}

// missed counts failures that may be the provider's.
func (g *Gate) missed(p permit, recipient string, f *domain.Failure) {
	if f.RetryAfter > 0 {
		g.pause(f)
		return
	}
	g.mu.Lock()
	if f.Unreachable {
		g.unreachable++
	}
	if len(g.failing) < haltRecipients {
		g.failing[recipient] = true
	}
	outage := p.probe || g.unreachable >= haltUnreachable || len(g.failing) >= haltRecipients
	g.mu.Unlock()
	if outage {
		g.halt(p, &domain.Failure{Class: domain.ClassTransient, Code: f.Code})
	}
}

// halt stops sending. While it is stopped already, only a probe that failed in
// another way changes anything.
func (g *Gate) halt(p permit, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted && (!p.probe || g.class == f.Class) {
		return
	}
	g.halted, g.delayed, g.class, g.code, g.ask = true, false, f.Class, f.Code, f.Class == domain.ClassTransient
	g.interval = outageProbeFirst
	if f.Class == domain.ClassConfiguration {
		g.interval = configurationProbeFirst
	}
	g.schedule(time.Now().Add(g.interval))
}

// probeMax is the longest pause between two probes.
func probeMax(c domain.Class) time.Duration {
	if c == domain.ClassConfiguration {
		return configurationProbeMax
	}
	return outageProbeMax
}

// pause halts for as long as the provider asked. The first send afterwards is
// a probe.
func (g *Gate) pause(f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next := time.Now().Add(f.RetryAfter)
	if g.halted && g.next.After(next) {
		return
	}
	if !g.halted {
		g.interval = outageProbeFirst
	}
	g.halted, g.delayed, g.class, g.code, g.ask = true, true, domain.ClassTransient, f.Code, false
	g.schedule(next)
}
