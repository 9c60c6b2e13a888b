package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx/servicetest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/app"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestTheServiceIsWired(t *testing.T) {
	servicetest.Validate(t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}, app.Options)
}

func TestTheServiceCountsTheDeadLettersItFinds(t *testing.T) {
	broker := replaytest.New(t)
	broker.Fill(3)
	service := servicetest.Boot(t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": broker.Addr, "CONSOLE_ADDR": "127.0.0.1:0"}, app.Options)
	service.Await("readiness", func() bool {
		code, _ := service.Get("/readyz")
		return code == http.StatusOK
	})
	const want = `notifications_dlq_depth{channel="sms",class="recipient_rejected"} 3`
	if _, metrics := service.Get("/metrics"); !strings.Contains(metrics, want) {
		t.Errorf("the metrics lack %s", want)
	}
}
