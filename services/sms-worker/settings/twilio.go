package settings

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/apibase"
)

// Twilio is the account and the sender of the SMS channel. It is not checked while
// Enabled is false.
type Twilio struct {
	Enabled    bool          `env:"SMS_WORKER_ENABLED" envDefault:"false" is:"bool" about:"Off until the toll-free number is approved: the sms-worker is healthy and idle, and needs no credentials."`
	AccountSID string        `env:"TWILIO_ACCOUNT_SID,required" is:"pattern ^AC[0-9a-fA-F]{32}$" want:"AC and 32 hexadecimal digits" when:"SMS_WORKER_ENABLED" about:"The account's SID."`
	AuthToken  config.Secret `env:"TWILIO_AUTH_TOKEN,required" is:"secret token" when:"SMS_WORKER_ENABLED" about:"The account's auth token."`
	FromPhone  string        `env:"TWILIO_FROM_PHONE,required" is:"phone" when:"SMS_WORKER_ENABLED" about:"The number that SMS are sent from."`
	// BrandName defaults to Message.BrandName.
	BrandName string `env:"SMS_BRAND_NAME" is:"text 64" shown:"the value of BRAND_NAME" when:"SMS_WORKER_ENABLED" about:"Who text messages come from, where BRAND_NAME has letters that the GSM alphabet does not have (it has Latin letters and some Greek capitals)."`
	// APIBaseURL has no slash at its end.
	APIBaseURL    string        `env:"TWILIO_API_BASE_URL" envDefault:"https://api.twilio.com" is:"url" when:"SMS_WORKER_ENABLED" about:"Twilio's API."`
	Timeout       time.Duration `env:"TWILIO_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 0.01..300" when:"SMS_WORKER_ENABLED" about:"The deadline of one request to Twilio."`
	RatePerSecond float64       `env:"TWILIO_RATE_PER_SECOND" envDefault:"3" is:"number 0..100000" when:"SMS_WORKER_ENABLED" about:"SMS per second of the whole consumer group; 0 is unlimited. A toll-free number carries 3."`
}

// Check reports an address that is not the API's root.
func (t *Twilio) Check(r *config.Report) {
	const name = "TWILIO_API_BASE_URL"
	if !t.Enabled || r.Faulty(name) {
		return
	}
	if _, err := apibase.Of(t.APIBaseURL); err != nil {
		r.Fault(name, err.Error())
	}
}
