package delivery_test

import "fmt"

// judge says what becomes of an event and notes what the ledger knows of it then.
func (h *history) judge(e *seen, offset int64) string {
	switch {
	case e.sent:
		if h.newest(false, e) != nil || h.newest(true, e) != nil {
			e.place = max(e.place, offset)
		}
		return "skipped already_sent"
	case h.superseded(e, offset):
		e.withdrawn = true
		if e.place == 0 {
			e.place = offset
		}
		return "skipped superseded"
	}
	e.place, e.sent, e.withdrawn = max(e.place, offset), !h.refuse, false
	if h.refuse {
		return "dead_lettered recipient_rejected fake.bad_recipient"
	}
	return "sent"
}

// superseded compares an event with the newest of each kind, if that has other facts.
// An event that was withdrawn before must also be newer than that record.
func (h *history) superseded(e *seen, offset int64) bool {
	if e.withdrawn && offset <= e.place {
		return true
	}
	for _, revised := range []bool{false, true} {
		o := h.newest(revised, e)
		if o == nil || !o.facts.Differ(e.facts) {
			continue
		}
		newer := o.place > max(offset, e.place)
		if o.revision != nil && e.revision != nil && *o.revision != *e.revision {
			newer = *o.revision > *e.revision
		}
		if newer || e.withdrawn && offset <= o.place {
			return true
		}
	}
	return false
}

// newest returns the newest recorded event of a kind; nil if the kind has no events or
// it is e itself.
func (h *history) newest(revised bool, e *seen) (newest *seen) {
	for _, o := range h.events {
		switch {
		case o.place == 0 || (o.revision != nil) != revised:
		case newest == nil,
			revised && *o.revision > *newest.revision,
			(!revised || *o.revision == *newest.revision) && o.place > newest.place:
			newest = o
		}
	}
	if newest == e {
		return nil
	}
	return newest
}

func (h *history) String() (s string) {
	for _, e := range h.events {
		s += fmt.Sprintf(" %s@%d", number(e.revision), e.place)
	}
	return s
}

func number(n *int64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}
