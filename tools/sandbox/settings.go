package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// settings can be changed while the sandbox runs; nanoseconds.
type settings struct {
	emailVisibility, smsVisibility, emailRetention, smsRetention, emailDelivery, smsDelivery atomic.Int64
}

// How long after its acceptance a message is delivered by default.
const (
	emailDelivery = 2 * time.Second
	smsDelivery   = 3 * time.Second
)

func newSettings(o Options) *settings {
	s := &settings{}
	s.emailVisibility.Store(int64(o.EmailVisibility))
	s.smsVisibility.Store(int64(o.SMSVisibility))
	s.emailRetention.Store(int64(o.EmailRetention))
	s.smsRetention.Store(int64(o.SMSRetention))
	s.emailDelivery.Store(int64(emailDelivery))
	s.smsDelivery.Store(int64(smsDelivery))
	return s
}

// SetVisibility changes how long after its acceptance a message of the channel
// shows in the look-ups, for those already accepted too.
func (s *Sandbox) SetVisibility(channel string, d time.Duration) {
	setting := &s.settings.emailVisibility
	if channel == SMS {
		setting = &s.settings.smsVisibility
	}
	setting.Store(int64(d))
}

// SetEmailRetention changes how long e-mails stay in the events; 0: for ever.
func (s *Sandbox) SetEmailRetention(d time.Duration) { s.settings.emailRetention.Store(int64(d)) }

// SetSMSRetention changes how long text messages stay in the list; 0: for ever.
func (s *Sandbox) SetSMSRetention(d time.Duration) { s.settings.smsRetention.Store(int64(d)) }

// SetDelivery changes how long after its acceptance a message of the channel is
// delivered, for those accepted from now on.
func (s *Sandbox) SetDelivery(channel string, d time.Duration) {
	setting := &s.settings.emailDelivery
	if channel == SMS {
		setting = &s.settings.smsDelivery
	}
	setting.Store(int64(d))
}

// byName returns the setting, nil for an unknown name.
func (s *settings) byName(name string) *atomic.Int64 {
	switch name {
	case "email_visibility":
		return &s.emailVisibility
	case "sms_visibility":
		return &s.smsVisibility
	case "email_retention":
		return &s.emailRetention
	case "sms_retention":
		return &s.smsRetention
	case "email_delivery":
		return &s.emailDelivery
	case "sms_delivery":
		return &s.smsDelivery
	}
	return nil
}

func (s *settings) show() map[string]string {
	shown := map[string]string{}
	for _, name := range []string{"email_visibility", "sms_visibility", "email_retention", "sms_retention", "email_delivery", "sms_delivery"} {
		shown[name] = time.Duration(s.byName(name).Load()).String()
	}
	return shown
}

// changeSettings takes {"email_visibility":"5s"} and the like.
func (s *Sandbox) changeSettings(w http.ResponseWriter, r *http.Request) {
	var wanted map[string]string
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody)).Decode(&wanted); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	parsed := map[*atomic.Int64]time.Duration{}
	for name, text := range wanted {
		d, err := time.ParseDuration(text)
		setting := s.settings.byName(name)
		if err != nil || setting == nil || d < 0 {
			fail(w, http.StatusBadRequest, fmt.Errorf("%s=%q is not a setting with a duration", name, text))
			return
		}
		parsed[setting] = d
	}
	for setting, d := range parsed {
		setting.Store(int64(d))
	}
	writeJSON(w, s.settings.show())
}

// maxRefusal bounds how long the sandbox can be taken off the network from
// outside: it could not be brought back earlier.
const maxRefusal = 10 * time.Minute

// refuse takes {"for":"30s"}: connections are refused for that long.
func (s *Sandbox) refuse(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		For string `json:"for"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody)).Decode(&wanted)
	d, parseErr := time.ParseDuration(wanted.For)
	server := s.server.Load()
	switch {
	case err != nil || parseErr != nil || d <= 0 || d > maxRefusal:
		fail(w, http.StatusBadRequest, errors.New(`want {"for":"30s"}, at most ten minutes`))
	case server == nil:
		fail(w, http.StatusConflict, errors.New("this sandbox is served by another program"))
	default:
		writeJSON(w, map[string]string{"message": "connections are refused for " + d.String()})
		// The answer has to leave first.
		time.AfterFunc(answerTime, func() { server.Refuse(d) })
	}
}

// answerTime is left for the answer to reach its caller.
const answerTime = 50 * time.Millisecond
