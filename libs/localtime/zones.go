package localtime

import (
	"archive/zip"
	_ "embed" // for the built-in data
	"fmt"
	"os"
	"strings"
	"time"
)

// builtIn is made by `make zones` from the published tzdata package.
//
//go:embed zones.zip
var builtIn string

// Zones is one edition of the IANA time-zone database, held in memory: looking up a
// name does no I/O. It is immutable and may be used concurrently.
type Zones struct {
	edition Edition
	byName  map[string]*time.Location
}

// Edition identifies an edition of the database.
type Edition struct {
	// Version is the database's own, such as 2026f.
	Version string `json:"version"`
	// Published is the day on which it was published; zero if unknown.
	Published time.Time `json:"published,omitzero"`
	// Source names the place that it was read from.
	Source string `json:"source"`
}

// The sources of an edition.
const (
	SourceBuild  = "built in"
	SourceFolder = "ZONE_DATA"
)

// BuiltIn returns the data that is part of this build.
func BuiltIn() (*Zones, error) {
	archive, err := openBuiltIn()
	if err != nil {
		return nil, err
	}
	return read(archive, SourceBuild)
}

// BuiltInVersion returns the version of BuiltIn without reading its zones;
// empty if the build is broken.
func BuiltInVersion() string {
	archive, err := openBuiltIn()
	if err != nil {
		return ""
	}
	edition, err := readEdition(archive)
	if err != nil {
		return ""
	}
	return edition.Version
}

func openBuiltIn() (*zip.Reader, error) {
	return zip.NewReader(strings.NewReader(builtIn), int64(len(builtIn)))
}

// Open reads the data below a folder: TZif files called like their zones, as in the
// folder zoneinfo of a system, and a file +VERSION (or the system's tzdata.zi) with
// their version. Links that lead out of the folder are refused. Errors name the fault
// of the folder and quote only the names of files in it.
func Open(folder string) (*Zones, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, errNoFolder
	}
	defer func() { _ = root.Close() }()
	return read(root.FS(), SourceFolder)
}

// Load returns the time zone of an IANA name or alias. Names are case-sensitive, as in
// the database: "europe/berlin" is not "Europe/Berlin".
func (z *Zones) Load(name string) (zone *time.Location, ok bool) {
	zone, ok = z.byName[name]
	return zone, ok
}

// Version returns the version of the data, such as 2026f.
func (z *Zones) Version() string { return z.edition.Version }

// Edition returns the edition of the database.
func (z *Zones) Edition() Edition { return z.edition }

// Names returns the names of all zones and aliases, in any order.
func (z *Zones) Names() []string {
	names := make([]string, 0, len(z.byName))
	for name := range z.byName {
		names = append(names, name)
	}
	return names
}

// String returns the edition as people read it: "2026f (2026-10-28, built in)".
func (e Edition) String() string {
	if e.Published.IsZero() {
		return fmt.Sprintf("%s (%s)", e.Version, e.Source)
	}
	return fmt.Sprintf("%s (%s, %s)", e.Version, e.Published.Format(time.DateOnly), e.Source)
}
