package fake_test

import (
	"errors"
	"fmt"
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
			Address: func(i int) string { return fmt.Sprintf("patient-%d@clinic.example", i) },
			Channel: domain.Email, Sender: s, Renamed: s, LookBack: 24 * time.Hour, Fail: s.Fail, Requests: s.Requests,
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

func TestALookUpBeginsBeforeItsClaimAndEndsWithTheRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake.Sender{Retention: 10 * time.Hour}
		n := ports.Notification{Key: domain.Key{1}, Event: new(domain.Event), Recipient: "patient@clinic.example"}
		if _, err := s.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		accepted := time.Now()
		<-time.After(9 * time.Hour)
		_, err := s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: accepted.Add(time.Hour)})
		if err != nil {
			t.Errorf("within the margin: %v, want it found", err)
		}
		_, err = s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: accepted.Add(time.Hour + time.Second)})
		if !errors.Is(err, ports.ErrNotFound) {
			t.Errorf("from before the search began: %v, want ErrNotFound", err)
		}
		<-time.After(time.Hour + time.Second)
		_, err = s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: accepted})
		if f := domain.AsFailure(err); f.Class != domain.ClassUnknownOutcome {
			t.Errorf("no longer kept: %v, want unknown_outcome", err)
		}
	})
}
