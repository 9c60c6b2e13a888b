package tracing

import (
	"go.opentelemetry.io/otel/attribute"
	// The version of the SDK's own resource: a resource that mixes two versions has no
	// schema. The messaging conventions are not stable yet, so a newer version may
	// change names that dashboards use.
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
)

const schemaURL = semconv.SchemaURL

// Attributes of our own, for which there is no convention.
const (
	keyChannel     = attribute.Key("notifications.channel")
	keyAppointment = attribute.Key("notifications.appointment_id")
	keyOutcome     = attribute.Key("notifications.outcome")
	keyReason      = attribute.Key("notifications.reason")
	keyClass       = attribute.Key("notifications.failure_class")
	keyAttempts    = attribute.Key("notifications.attempts")
	keyReplayJob   = attribute.Key("notifications.replay_job")
	keyReplayCount = attribute.Key("notifications.replay_count")
	keyReceipt     = attribute.Key("notifications.receipt")
	keyReceiptAt   = attribute.Key("notifications.receipt_at")
)

// processing returns the attributes that all records of a group share.
func processing(group string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKafka, semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName("process"),
		semconv.MessagingConsumerGroupName(group),
	}
}

// sending returns the attributes of a record that is written to a topic.
func sending(topic string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKafka, semconv.MessagingOperationTypeSend, semconv.MessagingOperationName("send"),
		semconv.MessagingDestinationName(topic),
	}
}

func place(topic, partition string, offset int64) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingDestinationName(topic), semconv.MessagingDestinationPartitionID(partition), semconv.MessagingKafkaOffset(int(offset)),
	}
}

// appointment hides parts of an id that could be an address or a number, because
// publishers choose their ids.
func appointment(id string) attribute.KeyValue { return keyAppointment.String(mask.Identifier(id)) }

// failing returns class and code. The detail is left out, because it may quote a
// provider.
func failing(f *domain.Failure) []attribute.KeyValue {
	return []attribute.KeyValue{semconv.ErrorTypeKey.String(f.Code), keyClass.String(string(f.Class))}
}

// concluding returns the attributes of a record's outcome.
func concluding(o *domain.Outcome) []attribute.KeyValue {
	told := []attribute.KeyValue{keyOutcome.String(string(o.Status)), keyAttempts.Int(o.Attempts)}
	if o.Reason != "" {
		told = append(told, keyReason.String(string(o.Reason)))
	}
	if o.Failure != nil {
		told = append(told, failing(o.Failure)...)
	}
	return told
}

// service returns the attributes of a program.
func service(name, version string) []attribute.KeyValue {
	return []attribute.KeyValue{semconv.ServiceName(name), semconv.ServiceVersion(version)}
}
