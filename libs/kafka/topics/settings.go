package topics

import (
	"math"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

const (
	day             = 24 * time.Hour
	laneRetention   = 7 * day
	laneSegment     = day
	dlqRetention    = 30 * day
	tellRetention   = 30 * day
	auditRetention  = 90 * day
	resolutionsLag  = 2 * day
	ledgerMargin    = day
	forever         = -1
	brokerMaxBytes  = 1048588 // Kafka's default of max.message.bytes
	replicasForISR2 = 3
)

// The topic settings that are checked, by Kafka's names.
const (
	cleanupPolicy   = "cleanup.policy"
	retentionMs     = "retention.ms"
	retentionBytes  = "retention.bytes"
	segmentMs       = "segment.ms"
	maxMessageBytes = "max.message.bytes"
	timestampType   = "message.timestamp.type"
	minInsync       = "min.insync.replicas"

	minCompactionLag = "min.compaction.lag.ms"
)

// setting is one wanted topic setting.
type setting struct {
	name, value string
	// least: the value is a minimum, and a higher one in the cluster is left alone. An
	// operator who keeps dead letters for longer must not lose them to the next Ensure.
	least bool
	// most: the value is a maximum, and a lower one is left alone.
	most bool
	// vital: a service does not start if the cluster has another value.
	vital bool
}

// met reports whether the cluster's value satisfies s.
func (s setting) met(actual string) bool {
	if !s.least && !s.most {
		return actual == s.value
	}
	want, _ := strconv.ParseInt(s.value, 10, 64)
	have, err := strconv.ParseInt(actual, 10, 64)
	if s.most {
		return err != nil || have <= want
	}
	return err == nil && (have == forever || want != forever && have >= want)
}

// durability returns the settings that make several replicas useful: with three of
// them, an acknowledged record is on at least two. With fewer, the setting may not
// exceed the number of replicas, or no write would ever succeed.
func durability(replicas int) []setting {
	if replicas < replicasForISR2 {
		return []setting{{name: minInsync, value: strconv.Itoa(max(replicas, 1)), most: true, vital: true}}
	}
	return []setting{{name: minInsync, value: "2", least: true, vital: true}}
}

// settings returns what a topic of that role should have.
func (f facts) settings(role Role) []setting {
	del := setting{name: cleanupPolicy, value: "delete"}
	unbounded := setting{name: retentionBytes, value: "-1"}
	segment := setting{name: segmentMs, value: millis(laneSegment)}
	keep := func(d time.Duration) setting {
		return setting{name: retentionMs, value: millis(d), least: true}
	}
	larger := min(f.maxBytes, math.MaxInt32-envelope.MaxHeaderBytes) + envelope.MaxHeaderBytes // Brokers take 32 bits.
	fits := setting{name: maxMessageBytes, value: strconv.Itoa(larger), least: true, vital: true}
	switch role {
	case RoleSource:
		return []setting{del, keep(laneRetention), segment}
	case RoleDLQ:
		return []setting{vital(del), vital(keep(dlqRetention)), vital(unbounded), fits}
	case RoleReplay:
		// Compaction would let the records of one appointment erase each other, and a
		// short retention would delete records before they are read.
		return []setting{vital(del), vital(keep(laneRetention)), vital(unbounded), segment, fits}
	case RoleLedger:
		// Compaction could keep a dead owner's late claim and drop the `sent` before
		// it. The broker's clock must date the claims. A ledger that forgets too early
		// causes second sends.
		memory := setting{name: retentionMs, value: millis(f.ledger), least: true, vital: true}
		clock := setting{name: timestampType, value: "LogAppendTime", vital: true}
		return []setting{vital(del), memory, vital(unbounded), segment, clock}
	case RoleOutcomes:
		// Compaction would let one channel's outcome erase the other's.
		return []setting{vital(del), vital(keep(tellRetention)), vital(unbounded)}
	case RoleResolutions:
		// A late resolution may cover the one that counts, which has to stay readable
		// until the replayer has written it again.
		uncover := setting{name: minCompactionLag, value: millis(resolutionsLag), least: true}
		return []setting{{name: cleanupPolicy, value: "compact", vital: true}, uncover}
	case RoleAudit:
		return []setting{del, keep(auditRetention), unbounded}
	}
	return nil
}

func vital(s setting) setting {
	s.vital = true
	return s
}

// facts are the values that the settings of our own topics depend on.
type facts struct {
	// maxBytes is the largest record batch that the source takes; 0 if the source is
	// not checked.
	maxBytes int
	// replicas is how many replicas each of our own topics must have.
	replicas int
	// ledger is how long a ledger has to remember; negative means for ever.
	ledger time.Duration
}

// factsOf derives the facts from the lane's topics in the cluster. A missing topic
// counts with the settings that it will be created with. The ledger must outlive every
// record that can still arrive: the longest retention of the lane's topics, plus the
// time of an open segment, plus a day.
func factsOf(c Config, topics []Topic, cluster map[string]state) facts {
	f := facts{ledger: c.LedgerRetention, replicas: max(int(c.ReplicationFactor), cluster[topics[0].Name].replicas)}
	for _, t := range topics {
		s := cluster[t.Name]
		if t.Role == RoleSource {
			f.maxBytes = int(s.number(maxMessageBytes, brokerMaxBytes))
		}
		if t.Role != RoleSource && t.Role != RoleReplay {
			continue
		}
		retention := s.number(retentionMs, laneRetention.Milliseconds())
		segment := s.number(segmentMs, laneSegment.Milliseconds())
		if t.Role == RoleReplay {
			retention = longer(retention, laneRetention.Milliseconds())
		}
		f.ledger = time.Duration(longer(f.ledger.Milliseconds(), outlived(retention, segment))) * time.Millisecond
	}
	return f
}

// outlived returns how many milliseconds something must be kept to outlive the
// records of a topic with that retention and segment time.
func outlived(retention, segment int64) int64 {
	// Times that a time.Duration cannot hold, over 292 years, are for ever too.
	const most = int64(1<<63-1) / int64(time.Millisecond)
	if retention == forever || segment > most-retention-ledgerMargin.Milliseconds() || retention > most {
		return forever
	}
	return retention + segment + ledgerMargin.Milliseconds()
}

// longer returns the longer of two times in milliseconds; negative is for ever.
func longer(a, b int64) int64 {
	if a < 0 || b < 0 {
		return forever
	}
	return max(a, b)
}

func millis(d time.Duration) string {
	if d < 0 {
		return "-1"
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}
