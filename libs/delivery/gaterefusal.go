package delivery

import "github.com/kafka-notifications/kafka-notifications/libs/domain"

// refusals remembers the facts that distinguish a refused recipient from a refused
// account.
type refusals struct {
	// events numbers calls and refusals, so that an accept can be placed between two
	// refusals.
	events uint64
	// recent are the recipients whose refusals since the last accept halted nothing by
	// themselves, up to haltRecipients of them.
	recent map[string]bool
	// latest is the accepted call that began last; other is the last one to another
	// recipient than latest's.
	latest, other accept
}

type accept struct {
	recipient string
	began     uint64
}

func (r *refusals) tick() uint64 {
	r.events++
	return r.events
}

func (r *refusals) accepted(a accept) {
	clear(r.recent)
	switch {
	case a.recipient == r.latest.recipient:
		r.latest.began = max(r.latest.began, a.began)
	case a.began > r.latest.began:
		r.latest, r.other = a, r.latest
	case a.began > r.other.began:
		r.other = a
	}
}

// othersAccepted reports whether a call to another recipient began after the event
// since and was accepted. A call that began before since proves nothing: the account
// may have been closed after it.
func (r *refusals) othersAccepted(recipient string, since uint64) bool {
	if r.latest.recipient != recipient {
		return r.latest.began > since
	}
	return r.other.began > since
}

// history is what the gate remembers of one message while it is under way.
type history struct {
	recipient string
	// refused is the number of its last refusal for a fault of the configuration,
	// ambiguous that of its last refusal that may be the recipient's; 0 before the
	// first.
	refused, ambiguous uint64
	// alone is set when other recipients were accepted between its last two refusals:
	// then not only the account can be the reason. theirs is set when, in addition,
	// both refusals may be the recipient's: then the recipient is the reason.
	alone, theirs bool
}

// refused tells the gate that the account, or perhaps only this recipient, was
// refused. A refusal of the account halts at once. One that may be the
// recipient's, or that others contradict, halts nothing by itself: three
// different recipients without an accept in between do.
func (g *Gate) refused(p permit, h *history, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.note(h, f)
	if len(g.refusals.recent) < haltRecipients && (f.Ambiguous || h.alone) {
		g.refusals.recent[h.recipient] = true
	}
	switch {
	case !f.Ambiguous && !h.alone:
		g.halt(p, f)
	case len(g.refusals.recent) >= haltRecipients:
		if !g.halted {
			g.tried(g.refusals.recent)
		}
		g.halt(p, f)
	case f.Ambiguous && g.halted && !g.delayed && (p.probe || g.class == domain.ClassTransient):
		g.open() // an earlier outage is over: the provider answers, with another complaint
	}
	if g.halted {
		g.queue.try(h.recipient)
	}
}

// tried marks those whose refusals halt.
func (g *Gate) tried(recipients map[string]bool) {
	for r := range recipients {
		g.queue.try(r)
	}
}

// note brings a message's history up to date with its refusal.
func (g *Gate) note(h *history, f *domain.Failure) {
	accepted := func(since uint64) bool { return since > 0 && g.refusals.othersAccepted(h.recipient, since) }
	h.alone, h.theirs = accepted(h.refused), f.Ambiguous && accepted(h.ambiguous)
	h.refused = g.refusals.tick()
	if f.Ambiguous {
		h.ambiguous = h.refused
	}
}
