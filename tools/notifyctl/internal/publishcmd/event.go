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

// records returns the events of the flags. It refuses events that a worker would
// refuse, so that a mistake shows here and not in the DLQ.
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

// event returns the members of one event. Members without a flag are left out.
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

// acceptable returns the error with which a requested channel would refuse the event.
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
