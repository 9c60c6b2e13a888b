// Package settingsdoc writes the settings of all programs for people: the tables
// of docs/SETTINGS.md and the file .env.example. Both are made from the struct
// tags of the settings, so that they cannot differ from the code.
package settingsdoc

import (
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// Programs returns an empty settings struct of every program, in the order in which
// documentation lists them. A new program only needs to be added here.
func Programs() []config.Settings { return append(Services(), notifyctl.Notifyctl{}) }

// Services returns those that run until they are stopped; each has a chart below
// deploy/helm.
func Services() []config.Settings {
	return []config.Settings{emailworker.EmailWorker{}, smsworker.SMSWorker{}, dlqreplayer.DLQReplayer{}}
}

// section is some groups of settings under one title.
type section struct {
	title  string
	groups []string
}

// sections lists all groups in the order for readers. A group without a titled section,
// such as a new provider's, gets one under its own name.
func sections() []section {
	titled := []section{
		{"Kafka", []string{"Connection", "Security", "Consumer", "Producer", "DeadLetters"}},
		{"Topics", []string{"Topics", "TopicCreation"}},
		{"E-mail (Mailgun)", []string{"Mailgun", "Calendar"}},
		{"SMS (Twilio)", []string{"Twilio"}},
		{"Messages", []string{"Message"}},
		{"Delivery", []string{"Delivery", "Recipients"}},
		{"Health and logs", []string{"Service"}},
		{"Traces", []string{"Tracing"}},
		{"Superseded", []string{"Superseded"}},
	}
	known := make(map[string]bool)
	for _, s := range titled {
		for _, group := range s.groups {
			known[group] = true
		}
	}
	for _, program := range Programs() {
		for _, s := range config.SettingsOf(program) {
			if !known[s.Group] {
				known[s.Group] = true
				titled = slices.Insert(titled, len(titled)-1, section{s.Group, []string{s.Group}})
			}
		}
	}
	return titled
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
		for _, program := range Programs() {
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
