// Package topics is the one declaration of all topics with their settings. It
// creates and aligns them (Ensure) and checks them before a service starts
// (Check, CheckReplayer).
package topics

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// EnsureCommand is the command that creates and aligns the topics. Faults name it.
const EnsureCommand = "notifyctl topics ensure"

// Topics with a fixed name. Both have one partition, so that their records have
// one order.
const (
	// Resolutions holds what became of each dead letter; keys are dead-letter ids.
	Resolutions = "notifications.dlq.resolutions"
	// Audit records who did what in the replayer.
	Audit = "notifications.audit"
)

// ChannelMark stands for the channel in a template.
const ChannelMark = "{channel}"

// Config holds the settings that the names and sizes of the topics depend on.
type Config struct {
	// Source, DLQ and Outcomes are topic names.
	Source, DLQ, Outcomes string
	// Replay and Ledger are templates, in which {channel} is replaced by the channel.
	Replay, Ledger string
	// LedgerRetention is the least time for which a ledger remembers.
	LedgerRetention time.Duration
	// Partitions is the partition count of a source that Ensure creates. It creates
	// more if one of our own topics already has more. Only Ensure uses it.
	Partitions int32
	// ReplicationFactor is that of topics that Ensure creates, and the least that our
	// own topics must have. If the source's is higher, that one counts.
	ReplicationFactor int16
}

// LedgerFor returns the name of ch's ledger.
func (c Config) LedgerFor(ch domain.Channel) string { return forChannel(c.Ledger, ch) }

// ReplayFor returns the name of the topic of replays for ch.
func (c Config) ReplayFor(ch domain.Channel) string { return forChannel(c.Replay, ch) }

func forChannel(template string, ch domain.Channel) string {
	return strings.ReplaceAll(template, ChannelMark, string(ch))
}

// Role is what a topic is for.
type Role string

// The roles of topics.
const (
	RoleSource      Role = "source"
	RoleDLQ         Role = "dlq"
	RoleReplay      Role = "replay"
	RoleLedger      Role = "ledger"
	RoleOutcomes    Role = "outcomes"
	RoleResolutions Role = "resolutions"
	RoleAudit       Role = "audit"
)

// Topic is one topic of the system.
type Topic struct {
	Name string
	Role Role
}

// single reports whether the topic always has one partition.
func (t Topic) single() bool { return t.Role == RoleResolutions || t.Role == RoleAudit }

// All lists every topic of the system, each name once.
func (c Config) All() []Topic {
	all := []Topic{{c.Source, RoleSource}, {c.DLQ, RoleDLQ}}
	for _, ch := range domain.Channels() {
		all = append(all, Topic{c.ReplayFor(ch), RoleReplay})
	}
	for _, ch := range domain.Channels() {
		all = append(all, Topic{c.LedgerFor(ch), RoleLedger})
	}
	return unique(append(all, Topic{c.Outcomes, RoleOutcomes}, Topic{Resolutions, RoleResolutions}, Topic{Audit, RoleAudit}))
}

// lane lists the topics that the worker of ch reads and writes.
func (c Config) lane(ch domain.Channel) []Topic {
	return []Topic{
		{c.Source, RoleSource},
		{c.DLQ, RoleDLQ},
		{c.ReplayFor(ch), RoleReplay},
		{c.LedgerFor(ch), RoleLedger},
		{c.Outcomes, RoleOutcomes},
		{Resolutions, RoleResolutions},
	}
}

// repair lists the topics that the replayer needs. The source and the ledgers are not
// among them.
func (c Config) repair() []Topic {
	all := []Topic{{c.DLQ, RoleDLQ}}
	for _, ch := range domain.Channels() {
		all = append(all, Topic{c.ReplayFor(ch), RoleReplay})
	}
	return unique(append(all, Topic{Resolutions, RoleResolutions}, Topic{Audit, RoleAudit}))
}

func unique(topics []Topic) []Topic {
	seen := make(map[Topic]bool, len(topics))
	var out []Topic
	for _, t := range topics {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// validate reports a name that would serve two purposes: a dead letter that
// comes back as an event would never end.
func (c Config) validate() error {
	roles := make(map[string]Role)
	var faults []error
	for _, t := range c.All() {
		switch other, taken := roles[t.Name]; {
		case t.Name == "":
			faults = append(faults, fmt.Errorf("the %s topic has no name", t.Role))
		case taken:
			faults = append(faults, fmt.Errorf("%s is the name of the %s topic and of the %s topic", t.Name, other, t.Role))
		}
		roles[t.Name] = t.Role
	}
	return errors.Join(faults...)
}
