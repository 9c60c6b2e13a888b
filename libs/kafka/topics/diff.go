package topics

import (
	"fmt"
	"strings"
)

// Kind is what Ensure does to a topic.
type Kind string

// The kinds of changes.
const (
	Unchanged Kind = "unchanged"
	Created   Kind = "created"
	Altered   Kind = "altered"
)

// SettingChange is one topic setting and its values; From is empty if the topic is
// created.
type SettingChange struct{ Name, From, To string }

// Change is what Ensure did, or Plan would do, to one topic.
type Change struct {
	Topic                        string
	Kind                         Kind
	PartitionsBefore, Partitions int32
	Settings                     []SettingChange
	// Failed is set if the cluster refused the change.
	Failed bool
}

// Diff lists all topics in the order of their declaration.
type Diff []Change

// Empty reports whether all topics were as they should be.
func (d Diff) Empty() bool {
	for _, c := range d {
		if c.Kind != Unchanged {
			return false
		}
	}
	return true
}

// String returns one line per topic: `+` created, `~` altered, `=` unchanged,
// `!` not done because of an error.
func (d Diff) String() string {
	var b strings.Builder
	for _, c := range d {
		fmt.Fprintf(&b, "%s %-36s %s\n", c.sign(), c.Topic, c.detail())
	}
	return b.String()
}

func (c Change) sign() string {
	if c.Failed {
		return "!"
	}
	return map[Kind]string{Unchanged: "=", Created: "+", Altered: "~"}[c.Kind]
}

func (c Change) detail() string {
	var parts []string
	if c.PartitionsBefore > 0 && c.PartitionsBefore != c.Partitions {
		parts = append(parts, fmt.Sprintf("partitions %d -> %d", c.PartitionsBefore, c.Partitions))
	} else {
		parts = append(parts, fmt.Sprintf("partitions %d", c.Partitions))
	}
	for _, s := range c.Settings {
		if s.From == "" {
			parts = append(parts, s.Name+"="+s.To)
		} else {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", s.Name, s.From, s.To))
		}
	}
	return strings.Join(parts, ", ")
}

// after adds to d the earlier run's changes of topics that this run left unchanged or
// failed to change.
func (d Diff) after(earlier Diff) Diff {
	for i, c := range earlier {
		done := c.Kind != Unchanged && !c.Failed
		if done && i < len(d) && (d[i].Kind == Unchanged || d[i].Failed) {
			d[i] = c
		}
	}
	return d
}

// change returns the change that makes the topic as it should be.
func (t Topic) change(s state, lanes int32, f facts) (Change, error) {
	c := Change{Topic: t.Name, Kind: Unchanged, PartitionsBefore: s.partitions, Partitions: lanes}
	if t.single() {
		c.Partitions = 1
	}
	if !s.exists() {
		c.Kind = Created
		wanted := f.settings(t.Role)
		if f.replicas >= replicasForISR2 {
			wanted = append(wanted, durability(f.replicas)...)
		}
		for _, want := range wanted {
			c.Settings = append(c.Settings, SettingChange{Name: want.name, To: want.value})
		}
		return c, nil
	}
	if t.Role == RoleSource {
		c.Partitions = s.partitions
		return c, nil
	}
	return c.align(t, s, f)
}

func (c Change) align(t Topic, s state, f facts) (Change, error) {
	if s.hidden != nil {
		return c, fmt.Errorf("its settings cannot be read: %w", s.hidden)
	}
	if s.partitions > c.Partitions {
		return c, fmt.Errorf("it has %d partitions instead of %d, and Kafka cannot take partitions away: "+
			"name another topic, or empty and delete this one", s.partitions, c.Partitions)
	}
	for _, want := range append(f.settings(t.Role), durability(s.replicas)...) {
		if have := s.configs[want.name]; !want.met(have) {
			c.Settings = append(c.Settings, SettingChange{Name: want.name, From: have, To: want.value})
		}
	}
	if len(c.Settings) > 0 || c.Partitions != s.partitions {
		c.Kind = Altered
	}
	return c, nil
}
