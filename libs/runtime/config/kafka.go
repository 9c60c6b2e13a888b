package config

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
)

// Kafka holds the settings with which a channel worker reads, writes and owns its
// lanes.
type Kafka struct {
	Connection Connection
	Topics     Topics
	Consumer   Consumer
	Producer   Producer
}

// Connection holds the settings of connections to the brokers.
type Connection struct {
	BootstrapServers []string `env:"KAFKA_BOOTSTRAP_SERVERS,required" is:"servers" example:"localhost:9092" about:"The brokers to connect to first."`
	Security         Security
}

// Check refuses PLAIN without TLS to public hosts, because it would send the password
// unencrypted.
func (c *Connection) Check(r *Report) {
	if r.Faulty("KAFKA_BOOTSTRAP_SERVERS") || c.Security.Mechanism != "PLAIN" || !c.Security.SASL() || c.Security.TLS() {
		return
	}
	for _, server := range c.BootstrapServers {
		if host, _, _ := hostPort(server); !hosts.Private(host) {
			r.Fault("KAFKA_SASL_MECHANISM", "must not be PLAIN without TLS: it shows the password to the network. "+
				"Use KAFKA_SECURITY_PROTOCOL=SASL_SSL, or SCRAM-SHA-512; only brokers on loopback or private hosts may do without")
			return
		}
	}
}

// Client returns the configuration of program's Kafka clients. It holds the password.
func (c Connection) Client(program string) kafkaclient.Config {
	return kafkaclient.Config{
		Seeds: c.BootstrapServers, ClientID: program,
		Protocol: c.Security.Protocol, Mechanism: c.Security.Mechanism,
		Username: c.Security.Username, Password: c.Security.Password.Reveal(),
		CAFile: c.Security.CAFile,
	}
}

// Consumer holds the settings of the consumer group.
type Consumer struct {
	GroupID string `env:"KAFKA_GROUP_ID" envDefault:"notifications-{channel}-worker" is:"text 249" about:"The consumer group; one per channel."`
	// GroupInstanceID is empty for dynamic membership.
	GroupInstanceID string        `env:"KAFKA_GROUP_INSTANCE_ID" is:"name" about:"Static membership of a stable replica: after a crash it sends again at once instead of after the session timeout. One id per replica, never shared."`
	AutoOffsetReset string        `env:"KAFKA_AUTO_OFFSET_RESET" envDefault:"earliest" is:"oneof earliest|latest" about:"Where a group that never committed begins; decided once, at its first start."`
	PollTimeout     time.Duration `env:"KAFKA_POLL_TIMEOUT_SECONDS" envDefault:"1.0" is:"seconds 0.01..60" about:"How long one poll waits for records."`
	MaxPollRecords  int           `env:"KAFKA_MAX_RECORDS_PER_POLL" envDefault:"50" is:"int 1..100000" about:"Records taken over by one poll."`
	SessionTimeout  time.Duration `env:"KAFKA_SESSION_TIMEOUT_SECONDS" envDefault:"15" is:"seconds 1..1800" about:"After this time without a heartbeat a worker counts as dead; brokers allow 6 to 1800 unless set otherwise."`
}

// Producer holds the settings of writes. All in-sync replicas always acknowledge them.
type Producer struct {
	SendTimeout time.Duration `env:"KAFKA_SEND_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 1..300" about:"How long one attempt to write to Kafka may take."`
	Acks        string        `env:"KAFKA_PRODUCER_ACKS" envDefault:"all" is:"oneof all|-1" about:"Acknowledgements of a write: always of all in-sync replicas, since anything less could lose a message."`
	DeadLetters DeadLetters
}

// DeadLetters holds the settings of dead letters.
type DeadLetters struct {
	Enabled     bool          `env:"KAFKA_DLQ_ENABLED" envDefault:"true" is:"bool" about:"false stops the worker at the first failure that would be dead-lettered, its offset uncommitted."`
	SendTimeout time.Duration `env:"KAFKA_DLQ_SEND_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 1..300" about:"How long one attempt to write a dead letter may take."`
}
