package fake_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTheFakeKeepsTheContractOfASender(t *testing.T) {
	portstest.TestSender(t, func(*testing.T) portstest.SenderHarness {
		s := new(fake.Sender)
		return portstest.SenderHarness{
			Channel: domain.Email, Sender: s, Renamed: s, Fail: s.Fail, Requests: s.Requests,
			Accepted: func() (recipients []string) {
				for _, a := range s.Accepted() {
					recipients = append(recipients, a.Recipient)
				}
				return recipients
			},
		}
	})
}

func TestAnAcceptanceShowsOnlyAfterItsVisibility(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake.Sender{Latency: time.Second, Visibility: time.Minute}
		n := ports.Notification{Key: domain.Key{1}, Event: new(domain.Event), Recipient: "patient@clinic.example"}
		if _, err := s.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		ask := ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now()}
		if _, err := s.LookUp(t.Context(), ask); !errors.Is(err, ports.ErrNotFound) {
			t.Errorf("within its visibility: %v, want ErrNotFound", err)
		}
		<-time.After(time.Minute)
		if _, err := s.LookUp(t.Context(), ask); err != nil {
			t.Errorf("after its visibility: %v, want it found", err)
		}
	})
}
