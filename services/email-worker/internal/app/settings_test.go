package app_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config/configtest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/app"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
)

func TestTheWorkerStartsWithWhateverItsSettingsAccept(t *testing.T) {
	configtest.Starts(t, environment("kafka.example:9092", "https://mailgun.example"), func(cfg settings.EmailWorker) error {
		sender, err := app.NewSender(cfg)
		if err == nil {
			sender.Close()
		}
		return err
	}, "Mailgun", "Message", "Calendar")
}
