package receipts

import (
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// candidate is a message that is due for a question.
type candidate struct {
	hash   uint64
	at     uint32
	sentAt time.Time
	// alone is set if the message is to be asked about by itself. Doubtful messages
	// are, because they may have been sent long before they were given up.
	alone bool
}

// due returns the messages that are due now, the oldest first, and when the oldest
// waiting message was sent; zero if no message waits. ages are the ages of the
// questions; from sweep on they are about a message by itself.
func (m *memory) due(now time.Time, sections map[uint32]*Section, ages []time.Duration, sweep int) (due []candidate, oldest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	least := int64(0)
	for h, at := range m.waiting {
		e := m.slots.at(at)
		if sections[e.section] == nil {
			continue
		}
		if least == 0 || e.sentAt < least {
			least = e.sentAt
		}
		sent := time.UnixMilli(e.sentAt)
		if e.writing > 0 || int(e.looks) >= len(ages) || now.Sub(sent) < ages[e.looks] {
			continue
		}
		// A late message is asked about once, for the last age that it has passed.
		next := int(e.looks)
		for next+1 < len(ages) && now.Sub(sent) >= ages[next+1] {
			next++
		}
		due = append(due, candidate{hash: h, at: at, sentAt: sent, alone: e.doubtful || next >= sweep})
	}
	slices.SortFunc(due, func(a, b candidate) int { return a.sentAt.Compare(b.sentAt) })
	if least != 0 {
		oldest = time.UnixMilli(least)
	}
	return due, oldest
}

// looked records that candidates were looked for at a time.
func (m *memory) looked(now time.Time, ages []time.Duration, all ...candidate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range all {
		if at, waits := m.waiting[c.hash]; waits {
			e := m.slots.at(at)
			for int(e.looks) < len(ages) && now.Sub(time.UnixMilli(e.sentAt)) >= ages[e.looks] {
				e.looks++
			}
		}
	}
}

// question returns what to ask about c, if it still waits.
func (m *memory) question(c candidate) (ports.SentMessage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, waits := m.waiting[c.hash]
	if !waits || m.slots.at(at).writing > 0 {
		return ports.SentMessage{}, false
	}
	msg := m.slots.at(at).message()
	return ports.SentMessage{ProviderID: msg.ProviderID, SentAt: msg.SentAt}, true
}

// task is a job for a section's writer.
type task struct {
	section *Section
	job     job
}

// find adds a provider's receipt, and returns the job to write it if it is news: the
// status of a message only rises.
func (m *memory) find(sections map[uint32]*Section, r ports.Receipt) (task, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.hash(r.ProviderID)
	if at, waits := m.waiting[h]; waits {
		e := m.slots.at(at)
		section, msg := sections[e.section], e.message()
		more, news := e.known.with(r.Kind)
		if section == nil || msg.ProviderID != r.ProviderID || !news {
			return task{}, false
		}
		e.known = more
		e.writing++
		return task{section, job{hash: h, finding: Finding{section.number, msg, r}}}, true
	}
	before, ok := m.heard[h]
	section := sections[before.section]
	more, news := before.known.with(r.Kind)
	if !ok || section == nil || !news {
		return task{}, false
	}
	before.known = more
	m.heard[h] = before
	msg := Message{ProviderID: r.ProviderID, Offset: before.offset}
	return task{section, job{hash: h, recall: true, finding: Finding{section.number, msg, r}}}, true
}

// written records that a finding is in the log.
func (m *memory) written(j job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, waits := m.waiting[j.hash]
	if !waits || j.recall {
		return
	}
	e := m.slots.at(at)
	if e.writing--; e.writing > 0 {
		return
	}
	before, ok := m.heard[j.hash]
	if !ok {
		before = e.heard()
	}
	if j.finding.Receipt.Kind != "" {
		before.known, _ = before.known.with(j.finding.Receipt.Kind)
	}
	m.heard[j.hash] = before
	m.drop(j.hash, at)
}

// expired returns receipts for the messages that got no final one within the horizon,
// and drops the doubtful ones. looks is how many questions a message is due in that
// time; a message that was added too late for them is given until patience after the
// horizon, or after it was added.
func (m *memory) expired(now time.Time, sections map[uint32]*Section, patience time.Duration, looks int) (all []ports.Receipt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for h, at := range m.waiting {
		e := m.slots.at(at)
		end := later(time.UnixMilli(e.sentAt).Add(m.horizon), m.late[h])
		switch {
		case sections[e.section] == nil || e.writing > 0 || now.Before(end):
		case int(e.looks) < looks && now.Before(end.Add(patience)):
		case e.doubtful:
			m.drop(h, at)
		default:
			id, _ := unpack(e.packed)
			all = append(all, ports.Receipt{ProviderID: id, Kind: domain.ReceiptUnconfirmed, At: now})
		}
	}
	return all
}

// proven returns the jobs that resolve doubtful messages whose receipt was in the log
// before them.
func (m *memory) proven(sections map[uint32]*Section) (all []task) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.doubtful == 0 {
		return nil
	}
	for h, at := range m.waiting {
		e := m.slots.at(at)
		if _, ok := m.heard[h]; ok && e.doubtful && e.writing == 0 && sections[e.section] != nil {
			e.writing++
			msg := e.message()
			finding := Finding{sections[e.section].number, msg, ports.Receipt{ProviderID: msg.ProviderID}}
			all = append(all, task{sections[e.section], job{hash: h, finding: finding}})
		}
	}
	return all
}

// oldest returns the lowest offset of a waiting message, by section.
func (m *memory) oldest() map[uint32]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	least := map[uint32]int64{}
	for _, at := range m.waiting {
		e := m.slots.at(at)
		if lowest, ok := least[e.section]; !ok || e.offset < lowest {
			least[e.section] = e.offset
		}
	}
	return least
}

// counts returns how many messages wait, how many of those are doubtful, how many
// messages have a receipt, and when the oldest waiting one was sent; zero if no message
// waits.
func (m *memory) counts() (waiting, doubtful, watched int, oldest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var least int64
	for _, at := range m.waiting {
		if sent := m.slots.at(at).sentAt; least == 0 || sent < least {
			least = sent
		}
	}
	if least != 0 {
		oldest = time.UnixMilli(least)
	}
	return len(m.waiting), m.doubtful, len(m.heard), oldest
}

// earliest returns when the oldest known message of each section was sent.
func (m *memory) earliest() map[uint32]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	least := map[uint32]int64{}
	add := func(section uint32, sentAt int64) {
		if first, ok := least[section]; !ok || sentAt < first {
			least[section] = sentAt
		}
	}
	for _, at := range m.waiting {
		e := m.slots.at(at)
		add(e.section, e.sentAt)
	}
	for _, before := range m.heard {
		add(before.section, int64(before.sentAt)*1000)
	}
	all := make(map[uint32]time.Time, len(least))
	for section, sentAt := range least {
		all[section] = time.UnixMilli(sentAt)
	}
	return all
}
