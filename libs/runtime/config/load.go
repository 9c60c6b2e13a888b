package config

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Env is an environment: the values of variables by their names.
type Env map[string]string

// Process returns the environment of this process. It is the only place in the
// repository that reads it.
func Process() Env { return env.ToMap(os.Environ()) }

// Load reads the settings of T's program. It reports every fault at once as
// Faults; warnings concern settings that have no effect. It reads the files that
// settings name.
func Load[T Settings](e Env) (T, []string, error) {
	var cfg T
	warnings, err := load(&cfg, cfg.Program(), e)
	return cfg, warnings, err
}

// LoadService reads only the settings that every long-running program has, so that a
// program can be asked for its health even if its other settings are wrong.
func LoadService(p Program, e Env) (Service, error) {
	var s Service
	_, err := load(&s, p, e)
	return s, err
}

// load fills the struct that target points to.
func load(target any, p Program, e Env) ([]string, error) {
	settings := describe(reflect.TypeOf(target).Elem(), "", p)
	report := &Report{}
	values := resolve(settings, p, e, report)
	// The values have passed their rules and include the defaults, so this only
	// converts. The library's own defaults are off, because they cannot differ by
	// program.
	if err := env.ParseWithOptions(target, env.Options{Environment: values, DefaultValueTagName: "-"}); err != nil {
		return nil, err
	}
	check(reflect.ValueOf(target).Elem(), report)
	warnTypos(settings, e, report)
	if len(report.faults) > 0 {
		return report.warnings, inOrder(report.faults, settings)
	}
	return report.warnings, nil
}

// resolve returns the value of each setting in the form that the struct's types read.
// It is empty for settings that are not set or not legal; the latter are in the report.
func resolve(settings []Setting, p Program, e Env, report *Report) map[string]string {
	values := make(map[string]string, len(settings))
	for _, s := range settings {
		values[s.Name] = ""
	}
	for _, s := range settings {
		if s.When != "" && values[s.When] != "true" {
			values[s.Name] = dormant(s, p, e, report)
			continue
		}
		values[s.Name] = s.value(p, e, values, report)
	}
	return values
}

// dormant returns the value of a setting without effect. A fault in it must not stop
// the program and becomes a warning.
func dormant(s Setting, p Program, e Env, report *Report) string {
	aside := &Report{}
	s.Required = false
	value := s.value(p, e, nil, aside)
	for _, fault := range aside.faults {
		report.Warn(fault.String() + "; it has no effect until " + s.When + "=true")
	}
	return value
}

// check calls the checks of all groups, inner ones first.
func check(group reflect.Value, report *Report) {
	for i := range group.NumField() {
		if field := group.Field(i); field.Kind() == reflect.Struct && field.CanSet() {
			check(field, report)
		}
	}
	if checker, ok := group.Addr().Interface().(Checker); ok {
		checker.Check(report)
	}
}

// inOrder sorts faults by the declaration of their settings.
func inOrder(faults Faults, settings []Setting) Faults {
	place := make(map[string]int, len(settings))
	for i, s := range settings {
		place[s.Name], place[s.Name+fileSuffix] = i, i
	}
	return slices.SortedStableFunc(slices.Values(faults), func(a, b Fault) int { return place[a.Name] - place[b.Name] })
}

// names returns the names that programs read, including file variants.
func names(settings []Setting) map[string]bool {
	known := make(map[string]bool)
	for _, s := range settings {
		known[s.Name] = true
		if s.Secret {
			known[s.Name+fileSuffix] = true
		}
	}
	return known
}

// warnTypos warns about variables that are not settings of this program but whose names
// are close to one. Settings of other programs may be in the same environment, but none
// of their names is close to one of ours (a test of tools/settings compares all).
func warnTypos(settings []Setting, e Env, report *Report) {
	own := names(settings)
	for _, given := range slices.Sorted(maps.Keys(e)) {
		if own[given] || strings.TrimSpace(e[given]) == "" {
			continue
		}
		if meant, close := Closest(given, own); close {
			report.Warn(given + " is not a setting and has no effect; did you mean " + meant + "?")
		}
	}
}
