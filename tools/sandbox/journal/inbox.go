package journal

import (
	"slices"
	"strings"
)

// inbox keeps the newest messages in full, within a number and a size.
type inbox struct {
	keep, keepBytes int
	bytes           int
	messages        []*Message
}

// Message is an accepted message with what was kept of its content.
type Message struct {
	Entry
	Content Content
}

func newInbox(o Options) inbox {
	b := inbox{keep: o.KeepMessages, keepBytes: o.KeepBytes}
	if b.keep <= 0 {
		b.keep = 10_000
	}
	if b.keepBytes <= 0 {
		b.keepBytes = 256 << 20
	}
	return b
}

func (b *inbox) add(e Entry, c *Content) {
	m := &Message{Entry: e, Content: *c}
	b.messages = append(b.messages, m)
	b.bytes += m.size()
	for len(b.messages) > b.keep || b.bytes > b.keepBytes && len(b.messages) > 1 {
		b.bytes -= b.messages[0].size()
		b.messages[0] = nil
		b.messages = b.messages[1:]
	}
}

func (m *Message) size() int { return m.Content.size() + m.Entry.Size }

func (b *inbox) forget() { b.messages, b.bytes = nil, 0 }

// Messages returns up to limit kept messages of a channel, newest first, whose
// recipient, subject, text or tags contain the words, and how many there are.
func (j *Journal) Messages(channel, words string, limit int) ([]Message, int) {
	j.mu.Lock()
	kept := slices.Clone(j.inbox.messages)
	j.mu.Unlock()
	words = strings.ToLower(words)
	var found []Message
	total := 0
	for i := len(kept) - 1; i >= 0; i-- {
		if kept[i].Channel != channel || !kept[i].contains(words) {
			continue
		}
		if total++; len(found) < limit {
			found = append(found, *kept[i])
		}
	}
	return found, total
}

func (m *Message) contains(words string) bool {
	if words == "" {
		return true
	}
	for _, s := range []string{m.Recipient, m.Subject, m.Text, m.AppointmentID, strings.Join(m.Tags, " ")} {
		if strings.Contains(strings.ToLower(s), words) {
			return true
		}
	}
	return false
}

// Message returns the kept message with the number.
func (j *Journal) Message(seq uint64) (Message, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.inbox.messages) - 1; i >= 0; i-- {
		if m := j.inbox.messages[i]; m.Seq == seq {
			return *m, true
		}
	}
	return Message{}, false
}
