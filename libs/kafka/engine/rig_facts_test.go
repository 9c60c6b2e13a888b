package engine

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// answered is a replay of a dead letter, by id and replay count.
type answered struct {
	id    string
	count int
}

// wrote looks at what a worker writes of outcomes, in the moment in which it arrives.
func (o *oracle) wrote(topic string, batches []byte) {
	read := map[string]func(*kmsg.Record){rigDLQ: o.deadLetter, rigOutcomes: o.outcome, rigResolutions: o.resolution}[topic]
	if read == nil {
		return
	}
	for len(batches) > 0 {
		var batch kmsg.RecordBatch
		if err := batch.ReadFrom(batches); err != nil {
			o.object("a batch for %s cannot be read: %v", topic, err)
			return
		}
		batches = batches[12+batch.Length:] // what stands before the length, and the length
		for records := batch.Records; len(records) > 0; {
			length, n := binary.Varint(records)
			var rec kmsg.Record
			if err := rec.ReadFrom(records[:n+int(length)]); err != nil {
				o.object("a record for %s cannot be read: %v", topic, err)
				return
			}
			read(&rec)
			records = records[n+int(length):]
		}
	}
}

// outcome notes what is told of an event, which has to be true already.
func (o *oracle) outcome(rec *kmsg.Record) {
	told, err := envelope.DecodeOutcome(rec.Value)
	if err != nil {
		o.object("an outcome cannot be read: %v", err)
		return
	}
	of := death{place{told.Event.Topic, told.Event.Partition, told.Event.Offset}, told.ReplayCount}
	o.told[of] = true
	o.judge("outcome", of, told.Outcome, told.Reason)
}

// resolution notes what is told of a replay, which has to be true already.
func (o *oracle) resolution(rec *kmsg.Record) {
	r, err := envelope.DecodeResolution(rec.Key, rec.Value)
	if err != nil {
		o.object("a resolution cannot be read: %v", err)
		return
	}
	count := r.ReplayCount
	if r.Status == envelope.ResolutionFailed {
		count++ // it closes the dead letter that was replayed and leaves the new one open
	}
	o.resolved[answered{r.ID, count}] = true
	for _, e := range o.records {
		if e.replayed == (answered{r.ID, count}) {
			o.judge("resolution", e.death, domain.Status(r.Status), r.Reason)
			return
		}
	}
	o.object("a resolution is of replay %d, which there was not", count)
}

// judge objects to what is told of a delivery and is not so.
func (o *oracle) judge(what string, of death, status domain.Status, reason string) {
	switch {
	case status == domain.StatusDeadLettered && !o.dead[of]:
		o.object("an %s speaks of a dead letter that there is not: %+v", what, of)
	case status == domain.StatusSent || reason == string(domain.SkipAlreadySent):
		unsent := false
		for _, e := range o.records {
			if e.death == of && o.provider.accepted(e.key) {
				return
			}
			unsent = unsent || e.death == of
		}
		if unsent {
			o.object("an %s says that %+v was sent, and it was not", what, of)
		}
	}
}
