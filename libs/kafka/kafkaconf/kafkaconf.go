// Package kafkaconf turns settings as they are read from the environment into
// what the Kafka packages take. It keeps those packages free of the
// environment, and every program's wiring the same.
package kafkaconf

import (
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Client returns how program reaches the brokers. The result holds the password.
func Client(c config.Connection, program string) kafkaclient.Config {
	return kafkaclient.Config{
		Seeds: c.BootstrapServers, ClientID: program,
		Protocol: c.Security.Protocol, Mechanism: c.Security.Mechanism,
		Username: c.Security.Username, Password: c.Security.Password.Reveal(),
		CAFile: c.Security.CAFile,
	}
}

// Topics returns the declaration of the topics for a program that does not
// create any.
func Topics(t config.Topics) topics.Config {
	return topics.Config{
		Source: t.Source, DLQ: t.DLQ, Replay: t.Replay, Ledger: t.Ledger, LedgerRetention: t.LedgerRetention,
	}
}

// Created returns the declaration of the topics for a program that creates them.
func Created(t config.Topics, c config.TopicCreation) topics.Config {
	declared := Topics(t)
	declared.Partitions, declared.ReplicationFactor = int32(c.Partitions), int16(c.ReplicationFactor) //nolint:gosec // the settings' limits are lower
	return declared
}
