package ledgerlog

import (
	"errors"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestAWorkerOfAnotherChannelIsRefusedWithoutHarmToTheOwner(t *testing.T) {
	_, opts := kafkatest.Broker(t, 1, topic)
	p := producer(t, opts)
	mail := &Store{Topic: topic, Channel: domain.Email, Producer: p, Reader: opts}
	owner, err := mail.Open(t.Context(), 0, unseen)
	if err != nil {
		t.Fatal(err)
	}
	intruder := &Store{Topic: topic, Channel: domain.SMS, Producer: p, Reader: opts}
	var wrong *WrongChannelError
	if _, err := intruder.Open(t.Context(), 0, unseen); !errors.As(err, &wrong) {
		t.Errorf("the other channel got: %v", err)
	}
	if err := owner.Claim(ports.Claim{Key: domain.Key{1}, AppointmentID: "a"}); err != nil {
		t.Errorf("the owner's next claim: %v", err)
	}
	if _, err := mail.Open(t.Context(), 0, unseen); err != nil {
		t.Errorf("the owner cannot come back: %v", err)
	}
}
