// Package rightscmd is `notifyctl rights`.
package rightscmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/rights"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// Command holds the commands about users and their rights.
type Command struct {
	Ensure Ensure `cmd:"" help:"Create the users and grant the rights that are missing. May be repeated at any time. Needs a user that may alter the cluster."`
}

// Ensure is `notifyctl rights ensure`.
type Ensure struct {
	cluster.Patience
	DryRun      bool              `help:"Show what would be done and do nothing."`
	Prune       bool              `help:"Take away what the declared users may do and should not; without it, such rights are only shown."`
	Passwords   string            `help:"A folder with a file per user, named like the user, that holds its password. Users whose file is missing are left alone." placeholder:"FOLDER"`
	Group       map[string]string `help:"The consumer group of a channel, where KAFKA_GROUP_ID says another than the default." placeholder:"CHANNEL=NAME"`
	DjangoGroup string            `help:"The consumer group in which Django reads the outcomes." default:"appointments-django"`
}

// Run prints one line per resource of each user: = as declared, + granted or created, ~
// new password, - revoked, ? more than declared, ! failed.
func (e Ensure) Run(ctx context.Context, in *cmdline.Invocation) error {
	groups, err := e.groups()
	if err != nil {
		return err
	}
	kafka, err := cluster.Connect(ctx, in, e.Patience)
	if err != nil {
		return err
	}
	defer kafka.Client.Close()
	declared := rights.Config{
		Topics: kafka.Settings.Topics.Created(kafka.Settings.TopicCreation), Groups: groups, DjangoGroup: e.DjangoGroup,
	}.Identities()
	ensurer := rights.Ensurer{Client: kafka.Client, DryRun: e.DryRun, Prune: e.Prune}
	passwords, err := e.passwords(declared)
	if err != nil {
		return err
	}
	users, err := ensurer.EnsureUsers(ctx, passwords, login(kafka.Settings, e.Timeout))
	fmt.Fprint(in.Stdout, users)
	if err != nil {
		return err
	}
	diff, err := ensurer.Ensure(ctx, declared)
	fmt.Fprint(in.Stdout, diff)
	return err
}

func (e Ensure) groups() (map[domain.Channel]string, error) {
	groups := make(map[domain.Channel]string)
	for name, group := range e.Group {
		ch := domain.Channel(name)
		if !ch.Valid() {
			return nil, fmt.Errorf("--group: there is no channel %q", name)
		}
		groups[ch] = group
	}
	return groups, nil
}

// passwords reads the files of the declared users.
func (e Ensure) passwords(declared []rights.Identity) (map[string]string, error) {
	found := make(map[string]string)
	if e.Passwords == "" {
		return found, nil
	}
	for _, identity := range declared {
		content, err := os.ReadFile(filepath.Join(e.Passwords, identity.User))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		password := strings.TrimRight(string(content), "\r\n")
		if err == nil && password == "" {
			err = errors.New("it is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("the password of %s cannot be read: %w", identity.User, err)
		}
		found[identity.User] = password
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("--passwords: %s holds no user's file", e.Passwords)
	}
	return found, nil
}

// login tries a password on the listener that the settings name.
func login(settings notifyctl.Notifyctl, timeout time.Duration) rights.Login {
	return func(ctx context.Context, user, password string) (bool, error) {
		cfg := settings.Connection.Client(settings.Program().Name)
		if !settings.Connection.Security.SASL() {
			return false, errors.New("passwords can be compared over a SASL listener only: set KAFKA_SECURITY_PROTOCOL")
		}
		cfg.Mechanism, cfg.Username, cfg.Password = "SCRAM-SHA-512", user, password
		opts, err := kafkaclient.Options(cfg, zap.NewNop())
		if err != nil {
			return false, err
		}
		client, err := kgo.NewClient(opts...)
		if err != nil {
			return false, err
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		err = client.Ping(ctx)
		if errors.Is(err, kerr.SaslAuthenticationFailed) {
			return false, nil
		}
		return err == nil, err
	}
}
