package domain

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a container without zone files must give the same verdicts
)

// zones keeps the time zones that were loaded: loading one reads a file. It
// holds valid names only, so it cannot outgrow the time-zone database. Safe for
// concurrent use.
type zones struct {
	mu     sync.RWMutex
	loaded map[string]*time.Location
}

// load returns the zone of an IANA name; ok is false when there is none.
func (z *zones) load(name string) (zone *time.Location, ok bool) {
	z.mu.RLock()
	zone = z.loaded[name]
	z.mu.RUnlock()
	if zone != nil {
		return zone, true
	}
	if !zoneName(name) {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	z.mu.Lock()
	z.loaded[name] = zone
	z.mu.Unlock()
	return zone, true
}

// zoneName tells whether name can be the name of a zone. It keeps out paths and
// what LoadLocation finds beside the zones: the machine's own zone, and copies
// of the database with other leap seconds.
func zoneName(name string) bool {
	switch name {
	case "", "Local", "localtime", "posixrules", "Factory":
		return false
	}
	if len(name) > maxZoneName || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.Trim(part, zoneLetters) != "" {
			return false
		}
	}
	return true
}

const (
	maxZoneName = 64
	zoneLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-"
)
