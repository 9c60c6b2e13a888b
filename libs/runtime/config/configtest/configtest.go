// Package configtest helps a program to test that it starts with every value that its
// settings accept.
package configtest

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Starts checks that the settings of some groups have no hidden limits, at which a
// start would fail without naming the setting: every value that Load accepts is passed
// to start. base holds the required settings.
func Starts[T config.Settings](t *testing.T, base config.Env, start func(cfg T) error, groups ...string) {
	t.Helper()
	s := starter[T]{base: base, start: start, names: namesIn[T](groups), accepted: map[string]int{}}
	for _, value := range edges() {
		s.try(t, func(string) string { return value })
	}
	rapid.Check(t, func(t *rapid.T) {
		s.try(t, func(name string) string { return anyValue().Draw(t, name) })
	})
	for _, name := range s.names {
		if s.accepted[name] < 3 {
			t.Errorf("%s: %d values were accepted, so that nothing is tested", name, s.accepted[name])
		}
	}
}

// namesIn lists the settings of some groups. Settings that name a folder are left out,
// because Load reads the folder.
func namesIn[T config.Settings](groups []string) (names []string) {
	var none T
	for _, s := range config.SettingsOf(none) {
		if slices.Contains(groups, s.Group) && s.Name != "ZONE_DATA" && s.Name != "MESSAGES_DIR" {
			names = append(names, s.Name)
		}
	}
	return names
}

// starter starts a program with settings.
type starter[T config.Settings] struct {
	base  config.Env
	start func(cfg T) error
	names []string
	// accepted counts the values that Load took, by setting.
	accepted map[string]int
}

// try sets all settings at once and starts with those that Load accepts.
func (s *starter[T]) try(t rapid.TB, value func(name string) string) {
	t.Helper()
	values := config.Env{}
	for _, name := range s.names {
		values[name] = value(name)
	}
	e := acceptable[T](s.base, values)
	cfg, _, err := config.Load[T](e)
	if err != nil {
		t.Fatalf("without what was refused: %v", err)
	}
	if err := s.start(cfg); err != nil {
		t.Fatalf("the settings are accepted, and the start says: %v\n%q", err, e)
	}
	for name, given := range values {
		if e[name] == given {
			s.accepted[name]++
		}
	}
}

// acceptable returns base with the values that Load accepts. It loads repeatedly,
// because some faults only show once other settings are valid.
func acceptable[T config.Settings](base, values config.Env) config.Env {
	e := maps.Clone(base)
	maps.Copy(e, values)
	for range values {
		_, _, err := config.Load[T](e)
		var faults config.Faults
		if !errors.As(err, &faults) {
			break
		}
		for _, fault := range faults {
			if delete(e, fault.Name); base[fault.Name] != "" {
				e[fault.Name] = base[fault.Name]
			}
		}
	}
	return e
}
