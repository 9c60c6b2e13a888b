// Package cluster turns the replayer's settings into the configuration of its jobs.
package cluster

import (
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// Jobs returns the configuration of jobs. It makes no connection.
func Jobs(cfg settings.DLQReplayer, log *zap.Logger) (replay.Config, error) {
	opts, err := kafkaclient.Options(cfg.Connection.Client(cfg.Program().Name), log)
	if err != nil {
		return replay.Config{}, err
	}
	ages, err := cfg.Console.MaxEventAges()
	if err != nil {
		return replay.Config{}, err
	}
	return replay.Config{
		Opts: opts, Topics: cfg.Topics.Declared(), Limit: index.DefaultLimit, Log: log,
		MaxEventAges: ages, Allowlist: cfg.Recipients.Allowlist(),
	}, nil
}
