package index

import "strings"

// matcher is a filter that is prepared for many dead letters.
type matcher struct {
	Filter
	ids   map[id]bool
	lower string
}

func (f Filter) matcher() matcher {
	m := matcher{Filter: f, ids: make(map[id]bool, len(f.IDs)), lower: strings.ToLower(f.Text)}
	for _, text := range f.IDs {
		short, _ := idOf(text)
		m.ids[short] = true
	}
	return m
}

// matches reports whether m selects l, regardless of its status.
func (m *matcher) matches(l *letter) bool {
	c := l.common
	return anyOf(m.Channels, string(c.channel)) && anyOf(m.Classes, string(c.class)) && anyOf(m.Codes, c.code) &&
		(len(m.ids) == 0 || m.ids[l.id]) && m.placed(l) && m.timed(l) &&
		(m.Appointment == "" || m.Appointment == l.texts.get(textAppointment) || m.Appointment == l.texts.get(textKey)) &&
		(m.lower == "" || l.contains(m.lower))
}

func (m *matcher) placed(l *letter) bool {
	return (m.Partition == nil || *m.Partition == l.partition) && (m.Offset == nil || *m.Offset == l.offset)
}

func (m *matcher) timed(l *letter) bool {
	failed := timeOf(l.failed)
	return (m.Since.IsZero() || !failed.Before(m.Since)) && (m.Until.IsZero() || failed.Before(m.Until))
}

// contains reports whether lower occurs in a text of l. Key and appointment id are only
// searched if they contain no recipient, because searches could reveal it bit by bit.
func (l *letter) contains(lower string) bool {
	c := l.common
	texts := []string{c.code, l.text(), c.topic, c.job, l.name()}
	if !c.personalKey {
		texts = append(texts, l.texts.get(textKey))
	}
	if !c.personalAppointment {
		texts = append(texts, l.texts.get(textAppointment))
	}
	for _, s := range texts {
		if strings.Contains(strings.ToLower(s), lower) {
			return true
		}
	}
	return false
}
