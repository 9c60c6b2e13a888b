package localtime

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"
)

// Limits on a folder, far above the database's size: 600 names, the largest of 4 KiB,
// or of 15 KiB with its whole past.
const (
	maxZones     = 5000
	maxZoneBytes = 64 << 10
	// maxVersionBytes is how much of a version file is read.
	maxVersionBytes = 256
)

var errNoFolder = errors.New("must name a folder that this user may read")

// read reads every zone of a tree.
func read(tree fs.FS, source string) (*Zones, error) {
	edition, err := readEdition(tree)
	if err != nil {
		return nil, err
	}
	edition.Source = source
	z := &Zones{edition: edition, byName: make(map[string]*time.Location)}
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("has something that cannot be read: %q", name)
		case entry.IsDir() && (name == "posix" || name == "right"):
			// These are copies of the whole tree; those in "right" count leap seconds.
			return fs.SkipDir
		case entry.IsDir() || !zoneName(name):
			return nil
		}
		return z.add(tree, name)
	})
	if err != nil {
		return nil, err
	}
	if z.byName["UTC"] == nil {
		return nil, errors.New("must hold TZif files such as UTC and Europe/Berlin: it has no UTC")
	}
	z.byName["UTC"] = time.UTC // so that it compares equal to UTC in other code
	return z, nil
}

// add reads one file if it is a zone: a tree also contains tables.
func (z *Zones) add(tree fs.FS, name string) error {
	data, err := readFile(tree, name, maxZoneBytes)
	switch {
	case errors.Is(err, errIsFolder):
		return nil // a link to a folder, whose zones are elsewhere in the tree
	case err != nil:
		return fmt.Errorf("has a file that cannot be read: %q", name)
	case !strings.HasPrefix(string(data), "TZif"):
		return nil
	case len(data) > maxZoneBytes || len(z.byName) >= maxZones:
		return fmt.Errorf("holds more than a time-zone database does, at %q", name)
	}
	zone, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return fmt.Errorf("has a damaged file: %q", name)
	}
	z.byName[name] = zone
	return nil
}

// zoneName reports whether a file may be a zone: some trees hold the machine's own
// zone, and placeholders, under other names.
func zoneName(name string) bool {
	switch path.Base(name) {
	case "localtime", "posixrules", "Factory", "Local":
		return false
	}
	return true
}

// readEdition reads the version of a tree. +VERSION holds it and, after a
// space, perhaps the day on which it was published; tzdata.zi, which systems
// have, begins with "# version 2026f".
func readEdition(tree fs.FS) (Edition, error) {
	text, err := readFile(tree, "+VERSION", maxVersionBytes)
	if err != nil {
		text, err = readFile(tree, "tzdata.zi", maxVersionBytes)
	}
	fields := strings.Fields(strings.TrimPrefix(string(text), "# version "))
	if err != nil || len(fields) == 0 || !regexp.MustCompile(`^[0-9]{4}[a-z]{1,2}$`).MatchString(fields[0]) {
		return Edition{}, errors.New("must hold a file +VERSION (or tzdata.zi) that gives the version of its data, such as 2026f")
	}
	edition := Edition{Version: fields[0]}
	if len(fields) > 1 {
		edition.Published, _ = time.Parse(time.DateOnly, fields[1])
	}
	return edition, nil
}

var errIsFolder = errors.New("a folder")

// readFile reads the beginning of a file: one byte more than limit, if there is
// that much.
func readFile(tree fs.FS, name string, limit int64) ([]byte, error) {
	file, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, errIsFolder
	}
	return io.ReadAll(io.LimitReader(file, limit+1))
}
