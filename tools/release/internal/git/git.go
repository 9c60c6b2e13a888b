// Package git asks the repository.
package git

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Repository is a checkout, by its folder.
type Repository string

// Run runs git there and returns what it prints.
func (r Repository) Run(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", string(r)}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Clean fails if the checkout differs from its commit, because the build would not be
// that of the tag.
func (r Repository) Clean(ctx context.Context) error {
	changed, err := r.Run(ctx, "status", "--porcelain")
	if err == nil && changed != "" {
		err = fmt.Errorf("the checkout has changes; commit them first:\n%s", changed)
	}
	return err
}

// At returns when the newest commit was made.
func (r Repository) At(ctx context.Context) (time.Time, error) {
	out, err := r.Run(ctx, "log", "-1", "--format=%ct")
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(out, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

// Tagged reports whether a tag names the newest commit. It fails if the tag names
// another commit.
func (r Repository) Tagged(ctx context.Context, tag string) (bool, error) {
	found, err := r.Run(ctx, "tag", "--list", tag)
	if err != nil || found == "" {
		return false, err
	}
	of, err := r.Run(ctx, "rev-list", "-n", "1", tag)
	if err != nil {
		return false, err
	}
	head, err := r.Run(ctx, "rev-parse", "HEAD")
	if err == nil && head != of {
		err = fmt.Errorf("%s is the tag of another commit, %s: check it out, or choose another version", tag, of[:12])
	}
	return err == nil, err
}
