package logging

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Channel is the field of a channel.
func Channel(ch domain.Channel) zap.Field { return zap.String("channel", string(ch)) }

// Appointment is the field of an appointment's id. Parts that could be a patient's
// address or number are hidden, because publishers choose their ids.
func Appointment(id string) zap.Field {
	return zap.String("appointment_id", mask.Identifier(id))
}

// Code is the field of a failure's or an alert's code.
func Code(code string) zap.Field { return zap.String("code", code) }

// Class is the field of a failure class.
func Class(c domain.Class) zap.Field { return zap.String("class", string(c)) }

// Record is the field of a record's topic, partition and offset, without its content.
func Record(r *ports.Record) zap.Field {
	if r == nil {
		return zap.Skip()
	}
	return zap.Inline(zapcore.ObjectMarshalerFunc(func(enc zapcore.ObjectEncoder) error {
		enc.AddString("topic", r.Topic)
		enc.AddInt32("partition", r.Partition)
		enc.AddInt64("offset", r.Offset)
		return nil
	}))
}

// Failure is the field of a failure's class, code and detail. The cause is left out,
// because it may quote a recipient.
func Failure(f *domain.Failure) zap.Field {
	return zap.Inline(zapcore.ObjectMarshalerFunc(func(enc zapcore.ObjectEncoder) error {
		enc.AddString("class", string(f.Class))
		enc.AddString("code", f.Code)
		enc.AddString("detail", f.Detail)
		return nil
	}))
}
