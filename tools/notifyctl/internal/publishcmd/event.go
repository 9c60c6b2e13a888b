package publishcmd

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// event is the JSON of one test event.
type event struct {
	AppointmentID string          `json:"appointment_id"`
	UserID        string          `json:"user_id,omitempty"`
	Time          string          `json:"time"`
	Timezone      string          `json:"timezone,omitempty"`
	Email         string          `json:"email,omitempty"`
	Phone         string          `json:"phone_e164,omitempty"`
	Notify        map[string]bool `json:"notify"`
	Revision      *int64          `json:"revision,omitempty"`
	Status        string          `json:"status,omitempty"`
}

// record is one event ready to be published.
type record struct{ key, value []byte }

// records returns the events that the flags ask for. Nothing is published that
// a worker would refuse: a slip of the pen is to be seen here, not in the DLQ.
func (c Command) records(now time.Time) ([]record, error) {
	base := c.ID
	if base == "" {
		base = "test-" + strings.ToLower(rand.Text()[:10])
	}
	var out []record
	for i := range c.Count {
		id := base
		if c.Count > 1 {
			id = fmt.Sprintf("%s-%d", base, i+1)
		}
		value, err := json.Marshal(c.event(id, now))
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		if i == 0 {
			err = acceptable(value)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, record{key: []byte(id), value: value})
	}
	return out, nil
}

func (c Command) event(id string, now time.Time) event {
	at := c.Time
	if at == "" {
		at = now.Add(24 * time.Hour).UTC().Truncate(time.Hour).Format(time.RFC3339)
	}
	return event{
		AppointmentID: id, UserID: c.User, Time: at, Timezone: c.Timezone, Email: c.Email, Phone: c.Phone, Revision: c.Revision, Status: c.Status,
		Notify: map[string]bool{string(domain.Email): c.Email != "", string(domain.SMS): c.SMS},
	}
}

// acceptable reports what the channels that are asked for would object to.
func acceptable(value []byte) error {
	e, err := domain.NewDecoder().Decode(value)
	if err != nil {
		return err
	}
	requested := e.RequestedChannels()
	if len(requested) == 0 {
		return errors.New("nothing is requested: give --email, or --sms with --phone")
	}
	for _, ch := range requested {
		if _, err := e.Recipient(ch); err != nil {
			return err
		}
	}
	return nil
}
