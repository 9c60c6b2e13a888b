package config

import (
	"cmp"
	"reflect"
	"strings"
)

// Setting describes one setting as one program reads it.
type Setting struct {
	// Name is the name of the environment variable.
	Name string
	// Group is the Go name of the group that the setting belongs to.
	Group string
	// Required is set if the program does not start without it.
	Required bool
	// Default is the default for this program; empty without one. It may hold {channel}
	// and {source}.
	Default string
	// Varies is set if the default or the value differs by program, so that a file for
	// all programs must not set it.
	Varies bool
	// Shown is how documentation shows a computed default.
	Shown string
	// Want describes a legal value in words: "seconds from 0.1 to 300".
	Want string
	// Rule is the same for programs, a kind and its limits: "seconds 0.1..300".
	Rule string
	// About is the meaning.
	About string
	// When names the boolean setting without which this one has no effect.
	When string
	// Example is the value for an example file, if it is not the default.
	Example string
	// Secret is set if the value must never be shown. It may then also be given as Name
	// + "_FILE".
	Secret bool

	rule rule
	// template is set if {channel} stays in the value.
	template bool
}

// perProgram marks a setting whose default each program supplies.
const perProgram = "per program"

// SettingsOf lists the settings of a program in the order of their declaration.
func SettingsOf(s Settings) []Setting {
	return describe(reflect.TypeOf(s), "", s.Program())
}

// describe walks the fields of a struct type and of the groups within.
func describe(t reflect.Type, group string, p Program) []Setting {
	var found []Setting
	for field := range t.Fields() {
		tag, isSetting := field.Tag.Lookup("env")
		switch {
		case isSetting:
			found = append(found, newSetting(field, tag, group, p))
		case field.Type.Kind() == reflect.Struct:
			found = append(found, describe(field.Type, field.Type.Name(), p)...)
		}
	}
	return found
}

func newSetting(field reflect.StructField, tag, group string, p Program) Setting {
	name, option, _ := strings.Cut(tag, ",")
	spec := field.Tag.Get("is")
	varies := field.Tag.Get("default") == perProgram
	s := Setting{
		Name:     name,
		Group:    group,
		Required: option == "required",
		Default:  field.Tag.Get("envDefault"),
		Shown:    field.Tag.Get("shown"),
		About:    field.Tag.Get("about"),
		When:     field.Tag.Get("when"),
		Example:  field.Tag.Get("example"),
		Secret:   strings.HasPrefix(spec, "secret"),
		Rule:     spec,
		rule:     ruleOf(spec),
		template: spec == "template",
	}
	s.Want = cmp.Or(field.Tag.Get("want"), s.rule.want)
	if varies {
		s.Default = p.Defaults[name]
		s.Required = s.Default == "" // a program without a default must be given a value
	}
	s.Varies = varies || strings.Contains(s.Default, "{")
	return s
}
