package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/changelog"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/dist"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/git"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/programs"
)

type makeCommand struct {
	Version string `arg:"" help:"Such as v0.1.0."`
	Out     string `default:".build/release" help:"The folder that gets a folder with the version's name."`
}

// Run makes a version. If its tag names this commit already, it only builds.
func (m makeCommand) Run(ctx context.Context, c *commands) error {
	if !changelog.Version(m.Version) {
		return fmt.Errorf("%q is no version: it should be like v0.1.0 or v1.0.0-rc.1", m.Version)
	}
	repo := git.Repository(c.Root)
	if err := repo.Clean(ctx); err != nil {
		return err
	}
	if tagged, err := repo.Tagged(ctx, m.Version); err != nil {
		return err
	} else if !tagged {
		if err := cut(ctx, repo, m.Version); err != nil {
			return err
		}
	}
	return m.build(ctx, c.Root, repo)
}

func (m makeCommand) build(ctx context.Context, root string, repo git.Repository) error {
	at, err := repo.At(ctx)
	if err != nil {
		return err
	}
	reader, err := reader(ctx)
	if err != nil {
		return err
	}
	all, err := programs.All(root)
	if err != nil {
		return err
	}
	out := filepath.Join(m.Out, m.Version)
	if err := (dist.Release{Root: root, Out: out, Version: m.Version, At: at, Licences: reader}).Write(ctx, all); err != nil {
		return err
	}
	digests, err := os.ReadFile(filepath.Join(out, "DIGESTS"))
	fmt.Printf("%s\nin %s; docs/RELEASING.md says how to sign and publish it\n", digests, out)
	return err
}

// cut writes the version into the changelog, commits it and sets the tags: one
// for the programs, one for libs, which is a module of its own.
func cut(ctx context.Context, repo git.Repository, version string) error {
	at, err := repo.At(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Clean(string(repo)), "CHANGELOG.md")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	next, err := changelog.Cut(string(text), version, at)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(next), 0o600); err != nil { //nolint:gosec // the checkout that the caller names
		return err
	}
	message := changelog.Section(next, version)
	for _, args := range [][]string{
		{"commit", "-q", "-m", "all: release " + version, "-m", "The changelog's section gets its version and its day.", "--", "CHANGELOG.md"},
		{"tag", "-a", version, "-m", version + "\n\n" + message, "--cleanup=verbatim"},
		{"tag", "-a", "libs/" + version, "-m", "libs " + version},
	} {
		if _, err := repo.Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}
