// Package democmd is `notifyctl demo`: the whole system on one machine without
// Docker and without accounts. The broker is embedded, the sandbox stands in
// for the providers, the workers are the real binaries.
package democmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// Command is `notifyctl demo`.
type Command struct {
	For  time.Duration `help:"End after this time with a summary; exit code 1 if anything was lost or doubled."`
	Rate int           `default:"5" help:"Appointments per second."`
	Addr string        `default:"127.0.0.1:8025" help:"Address of the inbox page; another port is taken when it is in use."`
	SMS  bool          `name:"sms" help:"Switch the SMS worker on: every appointment asks for a text message too."`
	Logs bool          `help:"Show the logs of the services here instead of in files."`
}

// partitions of the demo's source topic.
const partitions = 3

// visibility is how long an accepted message takes to show in the sandbox's look-ups.
// It is well below half of the services' visibility setting, above which they raise an
// alert.
const visibility = 200 * time.Millisecond

// Run starts everything, prints the addresses and goes on until ctx is over or
// the time is up.
func (c Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	dir, err := os.MkdirTemp("", "notifications-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for binaries and logs: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d := &demo{cmd: c, dir: dir, out: in.Stdout, published: &published{}}
	d.sms.Store(c.SMS)
	defer d.close()
	if err := d.start(ctx); err != nil {
		return err
	}
	return d.play(ctx)
}

// demo is the running system.
type demo struct {
	cmd Command
	dir string
	out io.Writer

	cluster *kfake.Cluster
	client  *kgo.Client
	admin   *kadm.Client
	sandbox *sandbox.Sandbox
	server  *sandbox.Server
	// services are the e-mail worker, the SMS worker and the replayer, which run until
	// the demo ends.
	services []*service

	// sms is set while appointments ask for a text message too.
	sms       atomic.Bool
	bookings  bookings
	published *published
	phones    sync.Mutex
	numbers   map[string]string
	oracle    *oracle
	receipts  receipts
}

func (d *demo) start(ctx context.Context) error {
	begin := time.Now()
	d.say("Building the services (the first time takes a minute or two) …")
	names := []string{"email-worker", "sms-worker", "dlq-replayer"}
	for _, name := range names {
		if err := buildService(ctx, d.dir, name); err != nil {
			return err
		}
	}
	if err := d.startBroker(ctx); err != nil {
		return fmt.Errorf("start the embedded broker: %w", err)
	}
	if err := d.startSandbox(ctx); err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	d.oracle = newOracle(d)
	for i, name := range names {
		s, err := d.newService(ctx, name, fmt.Sprintf("127.0.0.1:%d", 8081+i))
		if err != nil {
			return err
		}
		d.services = append(d.services, s)
		if err := s.start(); err != nil {
			return err
		}
	}
	d.say("Ready after %s.\n", time.Since(begin).Round(100*time.Millisecond))
	d.welcome()
	return nil
}

func (d *demo) startBroker(ctx context.Context) (err error) {
	if d.cluster, err = kfake.NewCluster(kfake.NumBrokers(1)); err != nil {
		return err
	}
	if d.client, err = kgo.NewClient(kgo.SeedBrokers(d.cluster.ListenAddrs()...)); err != nil {
		return err
	}
	d.admin = kadm.NewClient(d.client)
	_, err = topics.Ensure(ctx, d.admin, d.topics())
	return err
}

func (d *demo) topics() topics.Config {
	return topics.Config{
		Source: sourceTopic, DLQ: sourceTopic + ".dlq", Replay: sourceTopic + ".replay.{channel}",
		Ledger: "notifications.{channel}.ledger", Outcomes: outcomesTopic, LedgerRetention: 216 * time.Hour,
		Partitions: partitions, ReplicationFactor: 1,
	}
}

const sourceTopic = "appointments.created"

func (d *demo) startSandbox(ctx context.Context) (err error) {
	d.sandbox, err = sandbox.New(sandbox.Options{
		LogPath: filepath.Join(d.dir, "provider.jsonl"), EmailVisibility: visibility, SMSVisibility: visibility,
		Controls: d.controls(),
	})
	if err != nil {
		return err
	}
	if _, err := d.toggle(ruleRefuse, "", ""); err != nil {
		return err
	}
	if err := d.scriptReceipts(); err != nil {
		return err
	}
	d.server, err = d.sandbox.Listen(ctx, d.cmd.Addr)
	if err != nil {
		d.server, err = d.sandbox.Listen(ctx, "127.0.0.1:0")
	}
	return err
}

func (d *demo) welcome() {
	d.say("  Inbox and controls   %s/", d.url())
	for _, s := range d.services {
		if s.console != "" {
			d.say("  Dead letters         http://%s/", s.console)
		}
	}
	d.say("  Kafka                %s   (topic %s)", d.cluster.ListenAddrs()[0], sourceTopic)
	for _, s := range d.services {
		d.say("  %-20s http://%s/status", s.name, s.health)
	}
	d.say("\nAppointments arrive, %d a second, some of them bad on purpose. The page has buttons that", d.cmd.Rate)
	d.say("kill -9 the worker, take the provider down or lose its answers; an open message has buttons")
	d.say("that move or cancel its appointment. Watch lost and doubled stay 0. A few messages bounce, some")
	d.say("of them late: the page and \"notifyctl status\" say so.")
	d.say("\nThe provider refuses the addresses at %s: dead letters. \"Repair the addresses\" on the", refusedDomain)
	d.say("page, then replay them on the page of the dead letters, or from another terminal:")
	d.say("  export KAFKA_BOOTSTRAP_SERVERS=%s", d.cluster.ListenAddrs()[0])
	d.say("  go run ./services/dlq-replayer replay --channel email --class recipient_rejected")
	d.say("  go run ./tools/notifyctl status --appointment ID")
	if d.cmd.For == 0 {
		d.say("\nCtrl-C ends the demo.")
	}
}

func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) url() string { return "http://" + d.server.Addr() }

func (d *demo) close() {
	for _, s := range d.services {
		s.stop()
	}
	if d.server != nil {
		_ = d.server.Close()
	}
	if d.sandbox != nil {
		_ = d.sandbox.Close()
	}
	if d.client != nil {
		d.client.Close()
	}
	d.receipts.close()
	if d.cluster != nil {
		d.cluster.Close()
	}
}
