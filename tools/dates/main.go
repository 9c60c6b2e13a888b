// Command dates makes the table of how languages write dates from the npm
// package cldr-dates-full, which Unicode publishes for each version of CLDR, in
// a pinned version, and the table that Node's Intl makes of the same, which
// tests compare with. Run it anywhere in the repository:
//
//	go run ./tools/dates          writes libs/messages/dates/table.go and testdata/intl.json
//	go run ./tools/dates -drift   fails when a newer version is served, or Node's Intl writes otherwise
//
// It needs npm and Node.
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

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

const (
	tableFile  = "libs/messages/dates/table.go"
	oracleFile = "libs/messages/dates/testdata/intl.json"
)

func main() {
	drift := flag.Bool("drift", false, "compare with the newest version that is served and with Node's Intl; change nothing")
	flag.Parse()
	work := write
	if *drift {
		work = compare
	}
	if err := work(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dates:", err)
		os.Exit(1)
	}
}

// write makes both tables.
func write(ctx context.Context, out io.Writer) error {
	root, err := repo.Root(".")
	if err != nil {
		return err
	}
	p, err := pinned(ctx)
	if err != nil {
		return err
	}
	table, err := p.table()
	if err != nil {
		return err
	}
	oracle, err := intl(ctx)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{tableFile: table, oracleFile: oracle} {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil { //nolint:gosec // Part of the source.
			return err
		}
		fmt.Fprintf(out, "%s: %d bytes\n", name, len(content))
	}
	return nil
}

// compare reports whether the pinned package is the newest one, and whether
// Node's Intl still writes what the tests compare with.
func compare(ctx context.Context, out io.Writer) error {
	root, err := repo.Root(".")
	if err != nil {
		return err
	}
	newest, err := newestVersion(ctx)
	if err != nil {
		return err
	}
	now, err := intl(ctx)
	if err != nil {
		return err
	}
	then, err := os.ReadFile(filepath.Join(root, oracleFile))
	if err != nil {
		return err
	}
	if !bytes.Equal(now, then) {
		err = errors.New("dates in " + oracleFile + " are not what Node's Intl writes: run `make dates` and look at the difference")
	}
	if newest.Version != pinnedPackage {
		err = errors.Join(err, fmt.Errorf("the build has cldr-dates-full %s, and %s is served, %s: see tools/dates/pin.go",
			pinnedPackage, newest.Version, newest.Integrity))
	}
	if err == nil {
		fmt.Fprintf(out, "cldr-dates-full %s is the newest version that is served, and Intl agrees\n", newest.Version)
	}
	return err
}
