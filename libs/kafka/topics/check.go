package topics

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Layout describes topics that passed the check.
type Layout struct {
	// Partitions is the number of lanes.
	Partitions int32
	// MaxRecordBytes is the largest batch that the dead-letter and the replay
	// topics take.
	MaxRecordBytes int32
	// MaxBatchBytes is the largest record batch that each of the topics takes,
	// by the topic's name: its max.message.bytes.
	MaxBatchBytes map[string]int32
}

// MismatchError lists everything that is wrong with the topics.
type MismatchError struct{ Problems []string }

// Error names every problem and the command that repairs it.
func (e *MismatchError) Error() string {
	return "the topics are not as they should be: " + strings.Join(e.Problems, "; ") +
		". Run `" + EnsureCommand + "`"
}

// Check looks at the topics of ch's worker: a missing topic, another partition count
// than the source's, a dead-letter or replay topic that could not take every record of
// the source or would lose some, a ledger that would forget too early, is compacted or
// is not dated by the broker, and a topic of ours with fewer replicas than the source.
// It changes nothing.
//
// The error is a *MismatchError that names all problems at once; any other error means
// that the cluster could not be asked, and the caller may try again.
func Check(ctx context.Context, adm *kadm.Client, c Config, ch domain.Channel) (Layout, error) {
	return check(ctx, adm, c, c.lane(ch))
}

// CheckReplayer is Check for the replayer: dead letters, replays, resolutions
// and audit.
func CheckReplayer(ctx context.Context, adm *kadm.Client, c Config) (Layout, error) {
	return check(ctx, adm, c, c.repair())
}

// check compares topics with the first of them, whose partition count all must have.
func check(ctx context.Context, adm *kadm.Client, c Config, topics []Topic) (Layout, error) {
	cluster, err := look(ctx, adm, topics)
	if err != nil {
		return Layout{}, err
	}
	f := factsOf(c, topics, cluster)
	lanes := cluster[topics[0].Name].partitions
	var problems []string
	for _, t := range topics {
		problems = append(problems, t.problems(cluster[t.Name], topics[0].Name, lanes, f)...)
	}
	if len(problems) > 0 {
		return Layout{}, &MismatchError{Problems: problems}
	}
	return Layout{
		Partitions:     lanes,
		MaxRecordBytes: smallest(topics, cluster),
		MaxBatchBytes:  batchLimits(topics, cluster),
	}, nil
}

// smallest returns the least max.message.bytes of the dead-letter and replay
// topics.
func smallest(topics []Topic, cluster map[string]state) int32 {
	least := int64(1<<31 - 1)
	for _, t := range topics {
		if t.Role == RoleDLQ || t.Role == RoleReplay {
			least = min(least, cluster[t.Name].number(maxMessageBytes, brokerMaxBytes))
		}
	}
	return int32(least)
}

// batchLimits returns the max.message.bytes of each topic.
func batchLimits(topics []Topic, cluster map[string]state) map[string]int32 {
	limits := make(map[string]int32, len(topics))
	for _, t := range topics {
		limits[t.Name] = int32(min(cluster[t.Name].number(maxMessageBytes, brokerMaxBytes), math.MaxInt32)) //nolint:gosec // bounded
	}
	return limits
}

// problems lists what is wrong with t. If the topic measure, whose partition count the
// others must have, is missing itself, that is reported once and not with every topic.
func (t Topic) problems(s state, measure string, lanes int32, f facts) []string {
	if !s.exists() {
		return []string{fmt.Sprintf("%s (%s) does not exist", t.Name, t.Role)}
	}
	if s.hidden != nil {
		return []string{fmt.Sprintf("the settings of %s cannot be read: %v", t.Name, s.hidden)}
	}
	var found []string
	switch {
	case t.single() && s.partitions != 1:
		found = append(found, fmt.Sprintf("%s has %d partitions, wanted 1", t.Name, s.partitions))
	case !t.single() && lanes > 0 && s.partitions != lanes:
		found = append(found, fmt.Sprintf("%s has %d partitions, %s has %d", t.Name, s.partitions, measure, lanes))
	}
	wanted := f.settings(t.Role)
	if t.Role != RoleSource {
		wanted = append(wanted, durability(s.replicas)...)
		if err := t.tooFew(s, f); err != nil {
			found = append(found, err.Error())
		}
	}
	for _, want := range wanted {
		if want.vital && !want.met(s.configs[want.name]) {
			found = append(found, fmt.Sprintf("%s has %s=%s, wanted %s", t.Name, want.name, s.configs[want.name], want))
		}
	}
	return found
}

// tooFew reports that t has fewer replicas than wanted: a crash could lose acknowledged
// records. No topic setting changes the number of replicas.
func (t Topic) tooFew(s state, f facts) error {
	if s.replicas >= f.replicas {
		return nil
	}
	return fmt.Errorf("%s has replication factor %d, wanted %d: raise it with kafka-reassign-partitions.sh", t.Name, s.replicas, f.replicas)
}

// String returns the wanted value in words.
func (s setting) String() string {
	switch {
	case s.least && s.value != "-1":
		return s.value + " or more"
	case s.most:
		return s.value + " or less"
	}
	return s.value
}
