package rights

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// iterations of SCRAM; Kafka takes 4096 to 16384.
const iterations = 8192

// Login reports whether the brokers accept a user's password. An error means that this
// could not be determined.
type Login func(ctx context.Context, user, password string) (bool, error)

// EnsureUsers creates the missing users, with SCRAM-SHA-512, and sets the password of
// those that cannot log in with theirs. Brokers do not reveal passwords, so logging in
// is the only way to compare.
func (e Ensurer) EnsureUsers(ctx context.Context, passwords map[string]string, login Login) (Diff, error) {
	admin := kadm.NewClient(e.Client)
	var diff Diff
	for _, user := range slices.Sorted(maps.Keys(passwords)) {
		change, err := e.compare(ctx, admin, user, passwords[user], login)
		if err == nil && change.Sign != '=' && !e.DryRun {
			err = upsert(ctx, admin, user, passwords[user])
		}
		if err != nil {
			change.Sign = '!'
		}
		diff = append(diff, change)
		if err != nil {
			return diff, fmt.Errorf("user %s: %w", user, err)
		}
	}
	return diff, nil
}

func (e Ensurer) compare(ctx context.Context, admin *kadm.Client, user, password string, login Login) (Change, error) {
	there, err := exists(ctx, admin, user)
	if err != nil || !there {
		return Change{'+', user, "user with SCRAM-SHA-512"}, err
	}
	same, err := login(ctx, user, password)
	if err != nil || !same {
		return Change{'~', user, "password"}, err
	}
	return Change{'=', user, "user with SCRAM-SHA-512"}, nil
}

func exists(ctx context.Context, admin *kadm.Client, user string) (bool, error) {
	described, err := admin.DescribeUserSCRAMs(ctx, user)
	if err != nil {
		return false, err
	}
	d := described[user]
	if errors.Is(d.Err, kerr.ResourceNotFound) {
		return false, nil
	}
	is512 := func(c kadm.CredInfo) bool { return c.Mechanism == kadm.ScramSha512 }
	return slices.ContainsFunc(d.CredInfos, is512), d.Err
}

func upsert(ctx context.Context, admin *kadm.Client, user, password string) error {
	altered, err := admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{
		{User: user, Mechanism: kadm.ScramSha512, Iterations: iterations, Password: password},
	})
	if err != nil {
		return err
	}
	return altered.Error()
}
