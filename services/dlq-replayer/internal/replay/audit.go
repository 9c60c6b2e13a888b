package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Action is what was done.
type Action string

// The actions.
const (
	ActionReplay Action = "replay"
	// ActionCarryOn: a server took on a job whose process had died.
	ActionCarryOn Action = "carry_on"
	ActionResume  Action = "resume"
	ActionCancel  Action = "cancel"
	// ActionEnd: a job, or without one a discard, has come to its end.
	ActionEnd     Action = "end"
	ActionDiscard Action = "discard"
	ActionReveal  Action = "reveal"
)

// AuditRecord records who did what. It contains no recipient.
type AuditRecord struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Action Action    `json:"action"`
	Job    string    `json:"job,omitempty"`
	// Filter has texts masked.
	Filter index.Filter `json:"filter"`
	// Count is how many dead letters were selected or shown; at the end of a discard,
	// how many it marked.
	Count  int    `json:"count"`
	Reason string `json:"reason,omitempty"`
	// DeadLetter is the id of the one dead letter whose second send was accepted.
	DeadLetter string `json:"accept_duplicate,omitempty"`
	// Corrects is set if the dead letter was replayed with another recipient.
	Corrects bool `json:"corrects,omitempty"`
	// Outcome is the job's last state, Note its reason, Counts its results; for
	// ActionEnd only.
	Outcome State   `json:"outcome,omitempty"`
	Note    string  `json:"note,omitempty"`
	Counts  *Counts `json:"counts,omitempty"`
}

// record returns a as a record of the audit topic and logs it.
func (a AuditRecord) record(log *zap.Logger) (*kgo.Record, error) {
	a.At = a.At.UTC()
	a.Reason, a.Note = mask.Text(a.Reason), mask.Text(a.Note)
	a.Filter.Text, a.Filter.Appointment = mask.Text(a.Filter.Text), mask.Identifier(a.Filter.Appointment)
	value, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode audit record: %w", err)
	}
	log.Info("audit", zap.String("who", a.Who), zap.String("action", string(a.Action)), zap.String("job", a.Job),
		zap.Int("count", a.Count), zap.String("reason", a.Reason), zap.Any("filter", a.Filter),
		zap.String("outcome", string(a.Outcome)), zap.Any("counts", a.Counts))
	return &kgo.Record{Topic: topics.Audit, Key: []byte(a.Action), Value: value}, nil
}

// Reveal records that recipients are about to be shown. If it fails, they must not be
// shown.
func (c Config) Reveal(ctx context.Context, who string, f index.Filter, count int) error {
	record, err := AuditRecord{At: time.Now(), Who: who, Action: ActionReveal, Filter: f, Count: count}.record(c.Log)
	if err != nil {
		return err
	}
	return c.produce(ctx, record)
}

// Submit leaves a job to a running `dlq-replayer serve`. The job's selection is written
// first, because a job without one is refused.
func (c Config) Submit(ctx context.Context, job Job) error {
	key, value, err := job.encode()
	if err != nil {
		return err
	}
	records := append(job.Selected.records(job.ID, true), &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
	return c.produce(ctx, records...)
}

// produce writes records outside any job.
func (c Config) produce(ctx context.Context, records ...*kgo.Record) error {
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), c.Opts...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		return fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, maxCommit)
	defer cancel()
	if err := produceSync(ctx, client, records); err != nil {
		return fmt.Errorf("write to Kafka: %w", err)
	}
	return nil
}
