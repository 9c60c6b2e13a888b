package app

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/console"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// newStories returns the reader of appointments' histories. Its client connects when
// the first one is requested.
func newStories(lc fx.Lifecycle, cfg replay.Config) (*console.Stories, error) {
	client, err := kgo.NewClient(cfg.Opts...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	lc.Append(fx.StopHook(client.Close))
	reader := history.Reader{Client: client, Topics: cfg.Topics}
	return console.NewStories(reader.Read), nil
}

// newConsole returns the server of the console, which serves while the program
// runs.
func newConsole(lc fx.Lifecycle, cfg settings.DLQReplayer, info build.Info, desk *serve.Server, stories *console.Stories, log *zap.Logger) (*console.Server, error) {
	pages, err := console.New(consoleConfig(cfg, info), desk, stories, log)
	if err != nil {
		return nil, err
	}
	handler, err := pages.Handler()
	if err != nil {
		return nil, err
	}
	server := console.NewServer(cfg.Console.Addr, handler, log)
	lc.Append(fx.Hook{OnStart: server.Start, OnStop: server.Stop})
	return server, nil
}

func consoleConfig(cfg settings.DLQReplayer, info build.Info) console.Config {
	c := console.Config{
		Addr: cfg.Console.Addr, BasePath: cfg.Console.BasePath, ReadOnly: cfg.Console.ReadOnly,
		Operator: console.Account{Name: cfg.Console.User, Password: cfg.Console.Password.Reveal()},
		Reader:   console.Account{Name: cfg.Console.Reader, Password: cfg.Console.ReaderPassword.Reveal()},
		Brokers:  cfg.Connection.BootstrapServers, Version: info.Version,
	}
	if !cfg.Twilio.Enabled {
		c.Notices = append(c.Notices, "SMS is off until toll-free approval (SMS_WORKER_ENABLED=false): its replays wait until it is on.")
	}
	return c
}
