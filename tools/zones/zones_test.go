package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

// newPackage returns the pinned package. Without Python's pip, or where no
// package can be had, the tests that need it are skipped, except in CI.
func newPackage(t *testing.T) *wheel {
	t.Helper()
	p, err := once()
	if err == nil {
		return p
	}
	switch os.Getenv("CI") {
	case "", "0", "false":
		t.Skipf("the pinned package cannot be had: %v", err)
	}
	t.Fatal(err)
	return nil
}

var once = sync.OnceValues(func() (*wheel, error) { return pinned(context.Background()) })

func TestTheBuiltInDataIsThePinnedPackages(t *testing.T) {
	p := newPackage(t)
	want, err := p.archive()
	if err != nil {
		t.Fatal(err)
	}
	root, err := repo.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, archiveFile))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the pinned package gives (%v); run: make zones", archiveFile, err)
	}
	if p.version != pinnedPackage || p.edition != localtime.BuiltInVersion() {
		t.Errorf("the package is %s, %s; the build has %s", p.version, p.edition, localtime.BuiltInVersion())
	}
}

func TestTheImagesLabelNamesTheBuiltInData(t *testing.T) {
	root, err := repo.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, dockerfile))
	if want := `time-zones="` + localtime.BuiltInVersion() + `"`; err != nil || strings.Count(string(text), want) != 1 {
		t.Errorf("%s has no label %s (%v); run: make zones", dockerfile, want, err)
	}
}

// Python reads the package itself: another implementation, on data that went
// through neither our archive nor Go's parser. An empty PYTHONTZPATH keeps it
// from preferring the system's data.
const reference = `
import datetime, json, sys, zoneinfo
asked = json.load(sys.stdin)
epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
instants = [epoch + datetime.timedelta(seconds=s) for s in asked]
def offsets(name):
    zone = zoneinfo.ZoneInfo(name)
    return [int(at.astimezone(zone).utcoffset().total_seconds()) for at in instants]
json.dump({n: offsets(n) for n in zoneinfo.available_timezones()}, sys.stdout)
`

func TestEveryZoneHasTheOffsetsThatPythonsZoneinfoGives(t *testing.T) {
	p := newPackage(t)
	folder := t.TempDir()
	if err := os.CopyFS(folder, p.files); err != nil {
		t.Fatal(err)
	}
	var instants []int64 // about every five days, at all hours
	for at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2045; at = at.Add(5*24*time.Hour + 7*time.Hour) {
		instants = append(instants, at.Unix())
	}
	asked, err := json.Marshal(instants)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.CommandContext(t.Context(), "python3", "-c", reference)
	python.Env = append(os.Environ(), "PYTHONPATH="+folder, "PYTHONTZPATH=")
	python.Stdin, python.Stderr = bytes.NewReader(asked), os.Stderr
	answer, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string][]int{}
	if err := json.Unmarshal(answer, &theirs); err != nil {
		t.Fatal(err)
	}
	compareOffsets(t, instants, theirs)
}

func compareOffsets(t *testing.T, instants []int64, theirs map[string][]int) {
	t.Helper()
	zones, err := localtime.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	delete(theirs, "Factory") // no place
	if len(theirs) < 500 || len(theirs) != len(zones.Names()) {
		t.Errorf("Python knows %d names, we %d", len(theirs), len(zones.Names()))
	}
	for name, offsets := range theirs {
		zone, ok := zones.Load(name)
		if !ok {
			t.Errorf("there is no %s", name)
			continue
		}
		for i, at := range instants {
			if _, ours := time.Unix(at, 0).In(zone).Zone(); ours != offsets[i] {
				t.Errorf("%s at %s: %d s east, Python says %d", name, time.Unix(at, 0).UTC(), ours, offsets[i])
				break
			}
		}
	}
}
