package index

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// letter is an Entry as the index holds it: 128 bytes and one text. 200,000 of them
// have to fit in a small container. Times are milliseconds since 1970, as in Kafka and
// the headers.
type letter struct {
	id     id
	common *common
	// message is a message that several dead letters share; nil if it is in texts.
	message                                  *string
	texts                                    texts
	offset, originOffset                     int64
	written, failed, firstFailed, originTime int64
	partition, originPartition               int32
	copies, attempts, replayCount, bytes     int32
}

// common holds values that many dead letters share.
type common struct {
	scheme                           envelope.Scheme
	fault                            Fault
	channel                          domain.Channel
	class                            domain.Class
	code, group, topic, job          string
	personalKey, personalAppointment bool
}

// compact returns e as the index holds it.
func (x *Index) compact(e Entry) letter {
	short, own := idOf(e.ID)
	l := letter{
		id: short, message: x.messages.lookUp(e.Message), partition: e.Partition, offset: e.Offset,
		originPartition: e.Origin.Partition, originOffset: e.Origin.Offset, originTime: e.Origin.Timestamp.UnixMilli(),
		written: e.WrittenAt.UnixMilli(), failed: e.FailedAt.UnixMilli(), firstFailed: e.FirstFailedAt.UnixMilli(),
		copies: int32(e.Copies), attempts: int32(e.Attempts), //nolint:gosec // headers are read as 32 bits
		replayCount: int32(e.ReplayCount), bytes: int32(e.Bytes), //nolint:gosec // as is the size of a record
		common: x.commons.share(common{
			scheme: e.Scheme, fault: e.Fault, channel: e.Channel, class: e.Class, code: e.Code, group: e.Group,
			topic: e.Origin.Topic, job: e.ReplayJob, personalKey: e.PersonalKey, personalAppointment: e.PersonalAppointment,
		}),
	}
	parts := [4]string{textKey: e.Key, textAppointment: e.AppointmentID}
	if l.message == nil {
		parts[textMessage] = e.Message
	}
	if !own {
		parts[textID] = e.ID
	}
	l.texts = join(parts)
	return l
}

// entry returns the Entry that l was made of.
func (l *letter) entry() Entry {
	c := l.common
	return Entry{
		ID: l.name(), Partition: l.partition, Offset: l.offset, Copies: int(l.copies),
		Scheme: c.scheme, Fault: c.fault, Channel: c.channel, Class: c.class, Code: c.code, Group: c.group, Message: l.text(),
		Origin: ports.Origin{
			Topic: c.topic, Partition: l.originPartition, Offset: l.originOffset, Timestamp: timeOf(l.originTime),
		},
		Key: l.texts.get(textKey), AppointmentID: l.texts.get(textAppointment),
		PersonalKey: c.personalKey, PersonalAppointment: c.personalAppointment,
		Attempts: int(l.attempts), FirstFailedAt: timeOf(l.firstFailed), FailedAt: timeOf(l.failed), WrittenAt: timeOf(l.written),
		ReplayCount: int(l.replayCount), ReplayJob: c.job, Bytes: int(l.bytes),
	}
}

// name returns the id as the topic has it.
func (l *letter) name() string {
	if name := l.texts.get(textID); name != "" {
		return name
	}
	return l.id.text()
}

// text returns the error message.
func (l *letter) text() string {
	if l.message != nil {
		return *l.message
	}
	return l.texts.get(textMessage)
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// merge adds another copy: the same dead letter written twice, or the one that a failed
// replay made.
func (l *letter) merge(other letter) {
	copies := l.copies + 1
	if other.replayCount >= l.replayCount {
		*l = other
	}
	l.copies = copies
}
