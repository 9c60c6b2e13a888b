package localtime_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// tzif is a version 1 file of a zone that is always at UTC+hours.
func tzif(hours byte) []byte {
	header := append([]byte("TZif"), make([]byte, 16)...) // version 1 and reserved
	counts := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4}
	seconds := int(hours) * 3600
	kind := []byte{0, 0, byte(seconds >> 8), byte(seconds), 0, 0}
	return append(append(append(header, counts...), kind...), "ABC\x00"...)
}

// folder writes files and returns where.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFolderReplacesWhatIsBuiltIn(t *testing.T) {
	dir := folder(t, map[string][]byte{
		"+VERSION": []byte("2027b 2027-03-01\n"), "UTC": tzif(0), "Europe/Berlin": tzif(5), "Mars/Base/One": tzif(1),
		"zone.tab": []byte("# no zone"), "posix/Europe/Paris": tzif(2), "right/Europe/Paris": tzif(2),
		"localtime": tzif(2), "Factory": tzif(0), "posixrules": tzif(2),
	})
	if err := os.Symlink("Europe/Berlin", filepath.Join(dir, "Berlin")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("Europe", filepath.Join(dir, "EU")); err != nil {
		t.Fatal(err)
	}
	zones, err := localtime.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := zones.Edition().String(); got != "2027b (2027-03-01, ZONE_DATA)" {
		t.Errorf("edition %s", got)
	}
	for name, east := range map[string]int{"Europe/Berlin": 5, "Berlin": 5, "Mars/Base/One": 1, "UTC": 0} {
		zone, ok := zones.Load(name)
		if !ok {
			t.Errorf("there is no %s", name)
			continue
		}
		if _, seconds := time.Unix(0, 0).In(zone).Zone(); seconds != east*3600 || zone.String() != name {
			t.Errorf("%s is %s at %d s", name, zone, seconds)
		}
	}
	if n := len(zones.Names()); n != 4 {
		t.Errorf("%d zones: %q", n, zones.Names())
	}
}

func TestASystemsFolderIsOne(t *testing.T) {
	dir := folder(t, map[string][]byte{"tzdata.zi": []byte("# version 2026f\n# redo posix_only\nR A 1\n"), "UTC": tzif(0)})
	zones, err := localtime.Open(dir)
	if err != nil || zones.Edition().String() != "2026f (ZONE_DATA)" {
		t.Errorf("%v, %v", zones, err)
	}
}

func TestAFolderThatCannotBeRightIsRefused(t *testing.T) {
	version := []byte("2027b\n")
	outside := folder(t, map[string][]byte{"secret": tzif(1)})
	for want, files := range map[string]map[string][]byte{
		"has no UTC":                     {"+VERSION": version, "zone.tab": []byte("# no zone")},
		"gives the version":              {"UTC": tzif(0)},
		"such as 2026f":                  {"UTC": tzif(0), "+VERSION": []byte("newest")},
		`a damaged file: "Asia/Tokyo"`:   {"+VERSION": version, "UTC": tzif(0), "Asia/Tokyo": tzif(9)[:50]},
		`database does, at "Asia/Tokyo"`: {"+VERSION": version, "UTC": tzif(0), "Asia/Tokyo": append(tzif(9), bytes.Repeat([]byte("x"), 64<<10)...)},
	} {
		if _, err := localtime.Open(folder(t, files)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	escape := folder(t, map[string][]byte{"+VERSION": version, "UTC": tzif(0)})
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(escape, "Leak")); err != nil {
		t.Fatal(err)
	}
	if _, err := localtime.Open(escape); err == nil || !strings.Contains(err.Error(), `cannot be read: "Leak"`) {
		t.Errorf("a link out of the folder was followed: %v", err)
	}
	for _, dir := range []string{filepath.Join(escape, "nowhere"), filepath.Join(escape, "UTC")} {
		if _, err := localtime.Open(dir); err == nil || strings.Contains(err.Error(), dir) {
			t.Errorf("%v", err)
		}
	}
}

// Names come from events: whatever they are, they open no file.
func TestNamesAreLookedUpAndNeverOpened(t *testing.T) {
	dir := folder(t, map[string][]byte{"UTC": tzif(0), "+VERSION": []byte("2027b"), "a/UTC": tzif(0)})
	zones, err := localtime.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	beside := folder(t, map[string][]byte{"UTC": tzif(3)})
	if err := os.WriteFile(filepath.Join(dir, "Late"), tzif(4), 0o600); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for _, name := range []string{
				"", ".", "..", "/", "Local", "../UTC", "a/../UTC", "./UTC", "a//UTC", "UTC/", "UTC\x00", "utc", "Late",
				filepath.Join(dir, "UTC"), filepath.Join(beside, "UTC"), "../" + filepath.Base(beside) + "/UTC",
			} {
				if zone, ok := zones.Load(name); ok {
					t.Errorf("%q gives %s", name, zone)
				}
			}
		})
	}
	running.Wait()
}

func TestTheSystemsDataIsNeverAsked(t *testing.T) {
	t.Setenv("ZONEINFO", folder(t, map[string][]byte{"America/Vancouver": tzif(9), "System/Only": tzif(1)}))
	zones, err := localtime.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := zones.Load("System/Only"); ok {
		t.Error("a zone of ZONEINFO was found")
	}
	vancouver, _ := zones.Load("America/Vancouver")
	if got := time.Unix(0, 0).In(vancouver).Format("-0700"); got != "-0800" {
		t.Errorf("Vancouver is at %s", got)
	}
	if v := localtime.BuiltInVersion(); v == "" || v != zones.Version() || zones.Edition().Published.IsZero() {
		t.Errorf("versions %q and %s", v, zones.Edition())
	}
}

func BenchmarkBuiltIn(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := localtime.BuiltIn(); err != nil {
			b.Fatal(err)
		}
	}
}
