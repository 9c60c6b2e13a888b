package config

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Program says whose settings a struct holds.
type Program struct {
	// Name is the name of the binary.
	Name string
	// Channel is empty for a program that serves all channels.
	Channel domain.Channel
}

// Settings is the struct of one program's settings. Program is called on the
// zero value.
type Settings interface{ Program() Program }

// EmailWorker is what services/email-worker reads.
type EmailWorker struct {
	Service
	Kafka      Kafka
	Delivery   Delivery
	Mailgun    Mailgun
	Message    Message
	Calendar   Calendar
	Superseded Superseded
}

// Program returns the e-mail worker.
func (EmailWorker) Program() Program { return Program{Name: "email-worker", Channel: domain.Email} }

// Check reports limits that contradict each other.
func (c *EmailWorker) Check(r *Report) {
	const retention, settle, visibility = "MAILGUN_EVENTS_RETENTION", "RECONCILE_SETTLE_SECONDS", "RECONCILE_VISIBILITY_SECONDS"
	if r.Faulty(retention) || r.Faulty(settle) || r.Faulty(visibility) {
		return
	}
	// Look-ups keep an hour's distance from the end of the retention.
	if c.Mailgun.EventsRetention <= c.Delivery.Settle+c.Delivery.Visibility+time.Hour {
		r.Fault(retention, "must be over an hour longer than "+settle+" and "+visibility+" together: a send in doubt could never be looked up")
	}
}

// SMSWorker is what services/sms-worker reads.
type SMSWorker struct {
	Service
	Kafka    Kafka
	Delivery Delivery
	Twilio   Twilio
	Message  Message
}

// Program returns the SMS worker.
func (SMSWorker) Program() Program { return Program{Name: "sms-worker", Channel: domain.SMS} }

// DLQReplayer is what services/dlq-replayer reads.
type DLQReplayer struct {
	Service
	Connection Connection
	Topics     Topics
	Producer   Producer
}

// Program returns the replayer.
func (DLQReplayer) Program() Program { return Program{Name: "dlq-replayer"} }

// Check warns about topics that channels would share.
func (c *DLQReplayer) Check(r *Report) { c.Topics.warnShared(r) }

// Notifyctl is what tools/notifyctl reads for work on topics.
type Notifyctl struct {
	Connection    Connection
	Topics        Topics
	TopicCreation TopicCreation
}

// Program returns the operator's tool.
func (Notifyctl) Program() Program { return Program{Name: "notifyctl"} }

// Check warns about topics that channels would share.
func (c *Notifyctl) Check(r *Report) { c.Topics.warnShared(r) }

// Programs returns an empty settings struct of every program, in the order in
// which documentation lists them.
func Programs() []Settings {
	return []Settings{EmailWorker{}, SMSWorker{}, DLQReplayer{}, Notifyctl{}}
}
