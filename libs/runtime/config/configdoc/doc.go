// Package configdoc writes the settings of all programs for people: the tables
// of the README and the file .env.example. Both are made from the struct tags of
// package config, so that they cannot differ from the code.
package configdoc

import "github.com/kafka-notifications/kafka-notifications/libs/runtime/config"

// section is some groups of settings under one title.
type section struct {
	title  string
	groups []string
}

// sections lists all groups in the order in which a reader wants them.
func sections() []section {
	return []section{
		{"Kafka", []string{"Connection", "Security", "Consumer", "Producer", "DeadLetters"}},
		{"Topics", []string{"Topics", "TopicCreation"}},
		{"E-mail (Mailgun)", []string{"Mailgun", "Calendar"}},
		{"SMS (Twilio)", []string{"Twilio"}},
		{"Messages", []string{"Message"}},
		{"Delivery", []string{"Delivery"}},
		{"Health and logs", []string{"Service"}},
		{"Superseded", []string{"Superseded"}},
	}
}

// entry is one setting as all programs read it.
type entry struct {
	config.Setting
	// readers are the names of the programs that read it.
	readers []string
	// defaults are the readers' defaults, in their order.
	defaults []string
}

// entriesOf returns the settings of some groups in the order of their
// declaration.
func entriesOf(groups []string) []*entry {
	var entries []*entry
	for _, group := range groups {
		byName := make(map[string]*entry)
		for _, program := range config.Programs() {
			for _, s := range config.SettingsOf(program) {
				if s.Group != group {
					continue
				}
				e, seen := byName[s.Name]
				if !seen {
					e = &entry{Setting: s}
					byName[s.Name] = e
					entries = append(entries, e)
				}
				e.readers = append(e.readers, program.Program().Name)
				e.defaults = append(e.defaults, s.Default)
			}
		}
	}
	return entries
}
