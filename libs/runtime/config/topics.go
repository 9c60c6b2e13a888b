package config

import (
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// The placeholders of topic names: the channel, and the source topic's name.
const (
	channelMark = topics.ChannelMark
	sourceMark  = "{source}"
)

// Topics names the topics of one source. Ledger and Replay may hold {channel};
// take the names from Declared.
type Topics struct {
	Source          string        `env:"KAFKA_TOPIC_APPOINTMENTS_CREATED" envDefault:"appointments.created" is:"name" about:"The topic that events are published to."`
	DLQ             string        `env:"KAFKA_TOPIC_APPOINTMENTS_CREATED_DLQ" envDefault:"{source}.dlq" is:"name" about:"The topic of dead letters."`
	Replay          string        `env:"KAFKA_TOPIC_REPLAY" envDefault:"{source}.replay.{channel}" is:"template" about:"The topic of replays; {channel} is replaced."`
	Ledger          string        `env:"KAFKA_TOPIC_LEDGER" envDefault:"notifications.{channel}.ledger" is:"template" about:"The topic of the delivery ledger; {channel} is replaced."`
	Outcomes        string        `env:"KAFKA_TOPIC_OUTCOMES" envDefault:"notifications.outcomes" is:"name" about:"The topic that tells what became of each event on each channel."`
	LedgerRetention time.Duration `env:"LEDGER_RETENTION" envDefault:"216h" is:"duration 1h..8784h" about:"How long the ledger remembers at least; raised by itself to what the topics of a lane need."`
}

// Declared returns the declaration of the topics for a program that does not
// create any.
func (t Topics) Declared() topics.Config {
	return topics.Config{
		Source: t.Source, DLQ: t.DLQ, Replay: t.Replay, Ledger: t.Ledger, Outcomes: t.Outcomes, LedgerRetention: t.LedgerRetention,
	}
}

// Created returns the declaration of the topics for a program that creates them.
func (t Topics) Created(c TopicCreation) topics.Config {
	declared := t.Declared()
	declared.Partitions, declared.ReplicationFactor = int32(c.Partitions), int16(c.ReplicationFactor) //nolint:gosec // the settings' limits are lower
	return declared
}

// Check reports topics that would be used for two purposes: a dead letter or a
// replay that comes back as an event would never end.
func (t *Topics) Check(r *Report) {
	if r.Faulty("KAFKA_TOPIC_APPOINTMENTS_CREATED") {
		return // the other defaults are made from it
	}
	users := map[string]string{topics.Resolutions: topics.Resolutions, topics.Audit: topics.Audit}
	claim := func(setting, topic string) {
		if r.Faulty(setting) {
			return
		}
		if other, taken := users[topic]; taken && other != setting {
			r.Fault(setting, "must name another topic than "+other)
			return
		}
		users[topic] = setting
		if !validName(topic) {
			r.Fault(setting, "gives a topic name that is not "+wantName)
		}
	}
	claim("KAFKA_TOPIC_APPOINTMENTS_CREATED", t.Source)
	claim("KAFKA_TOPIC_APPOINTMENTS_CREATED_DLQ", t.DLQ)
	claim("KAFKA_TOPIC_OUTCOMES", t.Outcomes)
	for _, ch := range domain.Channels() {
		claim("KAFKA_TOPIC_REPLAY", t.Declared().ReplayFor(ch))
		claim("KAFKA_TOPIC_LEDGER", t.Declared().LedgerFor(ch))
	}
}

// WarnShared warns a program that serves all channels about a topic that they
// would share.
func (t *Topics) WarnShared(r *Report) {
	for _, t := range []struct{ setting, template string }{{"KAFKA_TOPIC_REPLAY", t.Replay}, {"KAFKA_TOPIC_LEDGER", t.Ledger}} {
		if !strings.Contains(t.template, channelMark) && !r.Faulty(t.setting) {
			r.Warn(t.setting + " has no {channel}: one topic cannot serve several channels, and a worker refuses the ledger of another one")
		}
	}
}

// TopicCreation holds the settings with which topics are created.
type TopicCreation struct {
	Partitions        int `env:"KAFKA_TOPIC_PARTITIONS" envDefault:"6" is:"int 1..10000" about:"Partitions of the source topic where it does not exist yet."`
	ReplicationFactor int `env:"KAFKA_TOPIC_REPLICATION_FACTOR" envDefault:"1" is:"int 1..100" about:"Copies of each partition on different brokers, for topics that are created."`
}
