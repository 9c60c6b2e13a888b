package observe

import (
	"fmt"
	"runtime"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
)

// limited writes a line unless many of the same kind were written just now.
func (o *Observer) limited(level zapcore.Level, message, kind string, fields ...zap.Field) {
	line := o.log.Check(level, message)
	if line == nil {
		return
	}
	dropped, ok := o.limit.allow(message + kind)
	if !ok {
		return
	}
	if dropped > 0 {
		fields = append(fields, zap.Int("similar_lines_left_out", dropped))
	}
	line.Write(fields...)
}

// logFinish logs an outcome. A sent message is a debug line: the history of an
// appointment is in the ledger.
func (o *Observer) logFinish(ch domain.Channel, f ports.Finish) {
	level, message, kind := levelOf(f.Outcome)
	if level == zap.DebugLevel {
		if line := o.log.Check(level, message); line != nil {
			line.Write(finishFields(ch, f)...)
		}
		return
	}
	o.limited(level, message, string(ch)+kind, finishFields(ch, f)...)
}

// levelOf returns the level and the message of an outcome's log line, and its kind for
// the limiter.
func levelOf(out domain.Outcome) (level zapcore.Level, message, kind string) {
	switch {
	case out.Status == domain.StatusDeadLettered && out.Failure != nil:
		return zap.WarnLevel, "dead-lettered", out.Failure.Code
	case out.Status == domain.StatusDeadLettered:
		return zap.WarnLevel, "dead-lettered", ""
	case out.Reason == domain.SkipAppointmentPast || out.Reason == domain.SkipEventTooOld || out.Reason == domain.SkipNotOnAllowlist:
		return zap.InfoLevel, "skipped", string(out.Reason)
	}
	return zap.DebugLevel, string(out.Status), ""
}

func finishFields(ch domain.Channel, f ports.Finish) []zap.Field {
	fields := []zap.Field{
		logging.Channel(ch), logging.Appointment(f.AppointmentID), logging.Record(f.Record),
		zap.Int("attempts", f.Outcome.Attempts), zap.Duration("took", f.Took),
	}
	if f.Outcome.Reason != "" {
		fields = append(fields, zap.String("reason", string(f.Outcome.Reason)))
	}
	if f.Outcome.ProviderID != "" {
		fields = append(fields, zap.String("provider_id", f.Outcome.ProviderID))
	}
	if f.Outcome.Failure != nil {
		fields = append(fields, logging.Failure(f.Outcome.Failure))
	}
	return fields
}

// Halted logs that sending stopped, with the remedy, and that it went on. A
// configuration fault is an error, since only a person can end it.
func (o *Observer) Halted(ch domain.Channel, h ports.Halt) {
	s := o.state(ch)
	what, since := s.setHalt(h)
	fields := []zap.Field{logging.Channel(ch), logging.Class(h.Class), logging.Code(h.Code), zap.Time("next_probe", h.Until)}
	switch what {
	case nothingNew:
	case halted:
		level := zap.WarnLevel
		if h.Class == domain.ClassConfiguration {
			level = zap.ErrorLevel
		}
		o.limited(level, "sending halted, messages are kept", string(ch)+h.Code, append(fields, zap.String("fix", o.fix(ch, h.Class)))...)
	case probeSet:
		o.log.Debug("sending still halted", fields...)
	case resumed:
		o.limited(zap.InfoLevel, "sending resumed", string(ch), logging.Channel(ch), zap.Duration("halted_for", time.Since(since)))
	}
}

// Panicked logs the stack of a recovered panic. Of the value it logs only the type,
// unless the value comes from the Go runtime, because other values may quote an event.
func (o *Observer) Panicked(ch domain.Channel, value any, stack []byte) {
	o.metrics.panics.WithLabelValues(string(ch)).Inc()
	shown := fmt.Sprintf("a value of type %T", value)
	if fault, ok := value.(runtime.Error); ok {
		shown = fault.Error()
	}
	o.limited(zap.ErrorLevel, "panic recovered", string(ch)+shown, logging.Channel(ch), zap.String("panic", shown), zap.ByteString("stack", stack))
}
