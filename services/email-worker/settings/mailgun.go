package settings

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/apibase"
)

// Mailgun is the account and the sender of the e-mail channel.
type Mailgun struct {
	APIKey config.Secret `env:"MAILGUN_API_KEY,required" is:"secret token" about:"The API key that messages are sent with. Without MAILGUN_READ_API_KEY a sending key of the domain is not enough: it cannot look up a send in doubt, nor receipts."`
	// ReadAPIKey is empty if it is not set, see LookUpKey.
	ReadAPIKey config.Secret `env:"MAILGUN_READ_API_KEY" is:"secret token" shown:"the value of MAILGUN_API_KEY" about:"The API key that sends in doubt and receipts are looked up with; it must be allowed to read events and logs. With it, MAILGUN_API_KEY may be a key that can only send."`
	// LookUpAPI is auto, events or logs.
	LookUpAPI string `env:"MAILGUN_LOOKUP_API" envDefault:"auto" is:"oneof auto|events|logs" about:"How sends in doubt and receipts are looked up: by Mailgun's Events API, by its Logs API, or by Logs where Events does not answer (auto)."`
	Domain    string `env:"MAILGUN_DOMAIN,required" is:"domain" about:"The sending domain, as it is registered with Mailgun."`
	// FromEmail is one address, perhaps with a display name.
	FromEmail string `env:"MAILGUN_FROM_EMAIL,required" is:"mailbox" about:"The sender, such as Clinic <appointments@mg.example.com>."`
	// APIBaseURL has no slash at its end.
	APIBaseURL    string        `env:"MAILGUN_API_BASE_URL" envDefault:"https://api.mailgun.net" is:"url" about:"Mailgun's API; for the EU region https://api.eu.mailgun.net."`
	Timeout       time.Duration `env:"MAILGUN_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 0.01..300" about:"The deadline of one request to Mailgun."`
	RatePerSecond float64       `env:"MAILGUN_RATE_PER_SECOND" envDefault:"0" is:"number 0..100000" about:"E-mails per second of the whole consumer group; 0 is unlimited."`
	// EventsRetention bounds how long a send can still be looked up.
	EventsRetention time.Duration `env:"MAILGUN_EVENTS_RETENTION" envDefault:"24h" is:"duration 61m..8760h" about:"How long Mailgun keeps the events of this account's plan; a send in doubt can be looked up, and receipts are heard of, for as long."`
}

// LookUpKey returns the key that look-ups are made with.
func (m *Mailgun) LookUpKey() config.Secret {
	if m.ReadAPIKey.Empty() {
		return m.APIKey
	}
	return m.ReadAPIKey
}

// Check reports an address that is not the API's root.
func (m *Mailgun) Check(r *config.Report) {
	const name = "MAILGUN_API_BASE_URL"
	if r.Faulty(name) {
		return
	}
	if _, err := apibase.Of(m.APIBaseURL, m.Domain); err != nil {
		r.Fault(name, err.Error())
	}
}
