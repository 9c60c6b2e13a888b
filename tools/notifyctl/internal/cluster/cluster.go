// Package cluster connects a command to Kafka.
package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// Patience bounds how long a command tries to reach the brokers.
type Patience struct {
	Timeout time.Duration `default:"30s" help:"How long to try to reach the brokers."`
}

// Cluster is a connected Kafka.
type Cluster struct {
	Settings notifyctl.Notifyctl
	Client   *kgo.Client
	Admin    *kadm.Client
}

// Connect reads the settings, makes a client with opts on top of the shared
// ones, and waits until a broker answers. Warnings about settings go to Stderr.
// The caller closes the client.
func Connect(ctx context.Context, in *cmdline.Invocation, p Patience, opts ...kgo.Opt) (*Cluster, error) {
	settings, warnings, err := config.Load[notifyctl.Notifyctl](in.Env)
	if err != nil {
		return nil, err
	}
	for _, warning := range warnings {
		fmt.Fprintln(in.Stderr, "notifyctl: warning:", warning)
	}
	shared, err := kafkaclient.Options(settings.Connection.Client(settings.Program().Name), zap.NewNop())
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(shared, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	if err := reach(ctx, client, p.Timeout); err != nil {
		client.Close()
		return nil, fmt.Errorf("cannot reach Kafka at %s: %w", strings.Join(settings.Connection.BootstrapServers, ","), err)
	}
	return &Cluster{Settings: settings, Client: client, Admin: kadm.NewClient(client)}, nil
}

// reach waits until a broker answers. It returns the last network error, which explains
// more than the deadline.
func reach(ctx context.Context, client *kgo.Client, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last := ctx.Err()
	for {
		err := client.Ping(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() == nil:
			last = err
		case last == nil:
			return err
		default:
			return last
		}
		select {
		case <-ctx.Done():
		case <-time.After(250 * time.Millisecond):
		}
	}
}
