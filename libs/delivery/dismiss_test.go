package delivery_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// knowing is a ledger that only answers.
type knowing struct {
	ports.Ledger
	known ports.Knowledge
}

func (k knowing) LookUp(domain.Key, string) ports.Knowledge { return k.known }

// Only what Deliver would end without a write is dismissed: a replay has a resolution
// to be written, and another event in the ledger a note.
func TestOnlyWhatNeedsNoWriteIsDismissed(t *testing.T) {
	another := ports.Sighting{Known: true}
	for what, test := range map[string]struct {
		value     string
		replay    *ports.Replay
		known     ports.Knowledge
		dismissed bool
	}{
		"asks for nothing":         {`{"email":false}`, nil, ports.Knowledge{}, true},
		"asks for another channel": {`{"sms":true}`, nil, ports.Knowledge{}, true},
		"asks for it":              {`{"email":true}`, nil, ports.Knowledge{}, false},
		"cannot be decoded":        {`{"email":`, nil, ports.Knowledge{}, false},
		"is a replay":              {`{"email":false}`, &ports.Replay{DeadLetterID: "d"}, ports.Knowledge{}, false},
		"another is known":         {`{"email":false}`, nil, ports.Knowledge{Unrevised: another}, false},
		"one with a revision is":   {`{"email":false}`, nil, ports.Knowledge{Revised: another}, false},
	} {
		t.Run(what, func(t *testing.T) {
			d := delivery.New(delivery.Config{Channel: domain.Email}, delivery.Deps{
				Observer: ports.NoObserver{}, Gate: delivery.NewGate(domain.Email, ports.NoObserver{}),
			})
			task := delivery.NewTask(domain.NewDecoder(), &ports.Record{
				Value: []byte(`{"appointment_id":1,"time":"2026-03-14T09:30:00+01:00","email":"a@clinic.example","notify":` + test.value + `}`), Replay: test.replay,
			})
			if got := d.Dismiss(&task, knowing{known: test.known}); got != test.dismissed {
				t.Errorf("dismissed: %t", got)
			}
		})
	}
}
