package config

import (
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// Service holds the settings of every long-running program.
type Service struct {
	HealthAddr string `env:"HEALTH_ADDR" is:"address" default:"per program" about:"Where /livez, /readyz, /status and /metrics are served."`
	LogLevel   string `env:"LOG_LEVEL" envDefault:"info" is:"oneof debug|info|warn|error" about:"The least severe log lines that are written."`
	// LogFormat is empty if it is not set: then it is console on a terminal, json
	// otherwise.
	LogFormat string `env:"LOG_FORMAT" is:"oneof json|console" shown:"json; console on a terminal" about:"How log lines are written."`
	// GarbagePercent and MemoryLimit are Go's own variables, which the runtime reads
	// itself.
	GarbagePercent string `env:"GOGC" is:"pattern ^(off|[0-9]{1,6})$" want:"a percentage such as 100, or off" shown:"chosen by the program" about:"Go's own GOGC: how much garbage there may be, in percent of the live heap. The program leaves a value that is set alone."`
	MemoryLimit    string `env:"GOMEMLIMIT" is:"pattern ^(off|[0-9]{1,18}([KMGT]?i?B)?)$" want:"a size such as 400MiB, or off" shown:"chosen by the program" about:"Go's own GOMEMLIMIT: the memory above which garbage is collected more often. The program leaves a value that is set alone."`

	Tracing Tracing
}

// Shared returns the group to code that only knows that a program embeds it.
func (s Service) Shared() Service { return s }

// Message holds the settings of the messages' texts. Settings of a single channel's
// texts are here too: every program checks all texts, so that settings with which one
// program starts also start the others.
type Message struct {
	BrandName string `env:"BRAND_NAME" envDefault:"Appointments" is:"text 64" about:"The sender's name in messages, as the patient reads it."`
	// DisplayTimezone is the name of a zone in Clock's data.
	DisplayTimezone string `env:"DISPLAY_TIMEZONE" envDefault:"UTC" is:"zone" about:"The time zone of times whose event names no time zone."`
	ZoneData        string `env:"ZONE_DATA" is:"folder" about:"A folder of time-zone data (TZif files and +VERSION or tzdata.zi, like a system's zoneinfo) that replaces the built-in data."`

	DefaultLocale      string `env:"DEFAULT_LOCALE" envDefault:"en" is:"text 35" want:"the tag of a language that has texts, such as de or pt-BR" about:"The language of messages whose event names no language, or one without texts."`
	LocaleAliases      string `env:"LOCALE_ALIASES" is:"text 1000" want:"pairs of a language tag and a language that has texts, such as gsw:de,gl:es" about:"Languages whose messages are written in another language: gsw:de,gl:es."`
	MessagesDir        string `env:"MESSAGES_DIR" is:"folder" about:"A folder of texts that replace the built-in ones; notifyctl messages init makes one, and docs/MESSAGES.md describes it. It is read at start."`
	SMSMaxSegments     int    `env:"SMS_MAX_SEGMENTS" envDefault:"1" is:"int 1..10" about:"Segments that a text message in the GSM alphabet may take."`
	SMSMaxSegmentsUCS2 int    `env:"SMS_MAX_SEGMENTS_UCS2" envDefault:"2" is:"int 1..10" about:"Segments that a text message may take in languages outside the GSM alphabet."`

	clock *localtime.Clock
	texts *messages.Set
}

// Clock shows times by the data of ZONE_DATA, or by the built-in data without it. It is
// nil until Load has checked the settings.
func (m *Message) Clock() *localtime.Clock { return m.clock }

// Check reads the time zones and the texts.
func (m *Message) Check(r *Report) {
	m.checkZones(r)
	m.checkTexts(r)
}

// checkZones reads the time zones. Whether DISPLAY_TIMEZONE names one depends on the
// data in use.
func (m *Message) checkZones(r *Report) {
	zones, err := Zones(m.ZoneData)
	if err != nil {
		r.Fault("ZONE_DATA", err.Error())
		return
	}
	if r.Faulty("DISPLAY_TIMEZONE") {
		return
	}
	if m.clock, err = localtime.NewClock(zones, m.DisplayTimezone); err != nil {
		r.Fault("DISPLAY_TIMEZONE", "must be "+wantZone)
	}
}

// Zones returns the time zones of a value of ZONE_DATA. Its error continues the
// sentence after the setting's name.
func Zones(folder string) (*localtime.Zones, error) {
	if folder == "" {
		return localtime.BuiltIn()
	}
	return localtime.Open(folder)
}
