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

// event returns the members of one event. What no flag gives is left out.
func (c Command) event(id string, now time.Time) map[string]any {
	at := c.Time
	if at == "" {
		at = now.Add(24 * time.Hour).UTC().Truncate(time.Hour).Format(time.RFC3339)
	}
	notify := map[domain.Channel]bool{domain.Email: c.Email != "", domain.SMS: c.SMS}
	e := map[string]any{"appointment_id": id, "time": at, "notify": notify}
	for member, text := range map[string]string{
		"user_id": c.User, "timezone": c.Timezone, "locale": c.Locale, "status": c.Status, domain.Email.Member(): c.Email, domain.SMS.Member(): c.Phone,
	} {
		if text != "" {
			e[member] = text
		}
	}
	if c.Revision != nil {
		e["revision"] = *c.Revision
	}
	for ch, address := range c.To {
		notify[ch], e[ch.Member()] = true, address
	}
	return e
}

// acceptable returns what the channels that are asked for would object to.
func acceptable(value []byte) error {
	e, err := domain.NewDecoder().Decode(value)
	if err != nil {
		return err
	}
	requested := e.RequestedChannels()
	if len(requested) == 0 {
		return errors.New("nothing is requested: give --email, --sms with --phone, or --to")
	}
	for _, ch := range requested {
		if _, err := e.Recipient(ch); err != nil {
			return err
		}
	}
	return nil
}
