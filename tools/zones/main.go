// Command zones makes the time-zone data that is built into the programs from
// the Python package tzdata, which the CPython project publishes for each
// edition of the IANA database, in a pinned version. Run it anywhere in the repository:
//
//	go run ./tools/zones          writes libs/localtime/zones.zip and the image's label
//	go run ./tools/zones -drift   fails when a newer edition is served
//
// It needs Python with pip.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

func main() {
	drift := flag.Bool("drift", false, "compare with the newest edition that is served; change nothing")
	flag.Parse()
	work := write
	if *drift {
		work = compare
	}
	if err := work(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "zones:", err)
		os.Exit(1)
	}
}

// write makes the data from the pinned package.
func write(ctx context.Context, out io.Writer) error {
	root, err := repo.Root(".")
	if err != nil {
		return err
	}
	p, err := pinned(ctx)
	if err != nil {
		return err
	}
	archive, err := p.archive()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, archiveFile), archive, 0o644); err != nil { //nolint:gosec // Part of the source.
		return err
	}
	fmt.Fprintf(out, "%s: %s, %d bytes\n", archiveFile, p.edition, len(archive))
	return label(filepath.Join(root, dockerfile), p.edition)
}

// compare reports whether the pinned package is the newest one.
func compare(ctx context.Context, out io.Writer) error {
	newest, err := fetch(ctx, "")
	if err != nil {
		return err
	}
	if newest.hash == pinnedHash {
		fmt.Fprintf(out, "%s is the newest edition that is served\n", newest.edition)
		return nil
	}
	return fmt.Errorf("the build has tzdata %s, and %s (%s) is served, sha256 %s: see tools/zones/pin.go",
		pinnedPackage, newest.version, newest.edition, newest.hash)
}

const (
	archiveFile = "libs/localtime/zones.zip"
	dockerfile  = "deploy/Dockerfile"
)

// label writes the edition into the image's label, because a Dockerfile cannot read it
// from the program that it builds.
func label(file, edition string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(`(time-zones=")[^"]*(")`)
	if !line.Match(old) {
		return errors.New(dockerfile + " has no label for the time zones")
	}
	text := line.ReplaceAll(old, []byte("${1}"+edition+"${2}"))
	if bytes.Equal(text, old) {
		return nil
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // Part of the source.
}
