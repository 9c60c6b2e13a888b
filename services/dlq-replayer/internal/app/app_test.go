package app_test

import (
	"testing"

	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/app"
)

func TestTheServiceIsWired(t *testing.T) {
	var cfg config.DLQReplayer
	module := runtimefx.Module(cfg.Shared(), cfg.Program(), build.Read(cfg.Program().Name, ""))
	if err := fx.ValidateApp(module, app.Options(cfg)); err != nil {
		t.Error(err)
	}
}
