package app_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config/configtest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/app"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

func TestTheWorkerStartsWithWhateverItsSettingsAccept(t *testing.T) {
	base := enabled("kafka.example:9092", "https://twilio.example")
	base["SMS_BRAND_NAME"] = "Clinic" // lets BRAND_NAME be whatever it may
	configtest.Starts(t, base, func(cfg settings.SMSWorker) error {
		if !cfg.Twilio.Enabled {
			return nil
		}
		sender, err := app.NewSender(cfg)
		if err == nil {
			sender.Close()
		}
		return err
	}, "Twilio", "Message")
}
