package journal

import (
	"crypto/sha256"
	"hash/maphash"
)

// index finds accepted messages. It holds no pointers. Its keys are hashes: a
// hit is compared with the entry itself, so that a collision costs a read and
// never gives a wrong answer.
type index struct {
	seed       maphash.Seed
	identities map[[16]byte]struct{}
	bodies     map[[16]byte]struct{}
	newest     map[uint64]int32
	nodes      []node
	accepted   map[string][]int32
	// moments are the events of e-mails, in the order of time.
	moments []moment
}

// node links the lines of one key, from the newest back; -1 ends the chain.
type node struct{ line, older int32 }

// Fields by which accepted messages can be found.
const (
	// ByID finds a message by the provider's id.
	ByID = "id"
	// ByMessageID finds e-mail by its Message-Id without brackets.
	ByMessageID = "message_id"
	// ByRecipient finds text messages by their number.
	ByRecipient = "recipient"
)

func newIndex() index {
	return index{
		seed:       maphash.MakeSeed(),
		identities: map[[16]byte]struct{}{}, bodies: map[[16]byte]struct{}{},
		newest: map[uint64]int32{}, accepted: map[string][]int32{},
	}
}

// news reports which of an accepted message's identity and body are new.
type news struct{ identity, body bool }

// add adds the message at the line and reports whether it is the first of its kind.
func (x *index) add(e Entry, line int32) news {
	if !e.Accepted {
		return news{}
	}
	x.accepted[e.Channel] = append(x.accepted[e.Channel], line)
	x.link(line, e.Channel, ByID, e.ID)
	if e.Channel == Email {
		x.link(line, e.Channel, ByMessageID, e.MessageID)
		x.note(e, line)
	} else {
		x.link(line, e.Channel, ByRecipient, e.Recipient)
	}
	return news{
		identity: addNew(x.identities, e.Channel+e.Identity),
		body:     addNew(x.bodies, e.Channel+e.BodyHash),
	}
}

func (x *index) link(line int32, channel, field, value string) {
	key := x.key(channel, field, value)
	older, ok := x.newest[key]
	if !ok {
		older = -1
	}
	x.newest[key] = int32(len(x.nodes))
	x.nodes = append(x.nodes, node{line: line, older: older})
}

// find returns the lines of a key, newest first.
func (x *index) find(channel, field, value string) []int32 {
	at, ok := x.newest[x.key(channel, field, value)]
	if !ok {
		return nil
	}
	var lines []int32
	for ; at >= 0; at = x.nodes[at].older {
		lines = append(lines, x.nodes[at].line)
	}
	return lines
}

func (x *index) key(channel, field, value string) uint64 {
	return maphash.Comparable(x.seed, [3]string{channel, field, value})
}

func addNew(set map[[16]byte]struct{}, key string) bool {
	sum := sha256.Sum256([]byte(key))
	h := [16]byte(sum[:16])
	if _, old := set[h]; old {
		return false
	}
	set[h] = struct{}{}
	return true
}
