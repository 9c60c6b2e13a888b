package settings

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Console holds the settings of the web console of `dlq-replayer serve`.
type Console struct {
	Addr string `env:"CONSOLE_ADDR" envDefault:"127.0.0.1:8090" is:"address" about:"Where the web console is served. An address that others reach needs CONSOLE_USER and CONSOLE_PASSWORD."`
	// User is empty for a console without log-in: then requests to a loopback address
	// are the operator's.
	User           string        `env:"CONSOLE_USER" is:"text 64" about:"The operator's name; it is recorded in the audit."`
	Password       config.Secret `env:"CONSOLE_PASSWORD" is:"secret" about:"The operator's password."`
	Reader         string        `env:"CONSOLE_READER" is:"text 64" about:"The name of a user who may only read, and neither change nor reveal anything."`
	ReaderPassword config.Secret `env:"CONSOLE_READER_PASSWORD" is:"secret" about:"The reader's password."`
	ReadOnly       bool          `env:"CONSOLE_READ_ONLY" envDefault:"false" is:"bool" about:"true forbids all changes and the revealing of recipients in the console."`
	// EventAges is read by MaxEventAges.
	EventAges string `env:"PREVIEW_EVENT_AGES" envDefault:"sms:24h" is:"text 256" about:"The workers' NOTIFY_MAX_EVENT_AGE, as channel:age separated by commas, for previews; a channel that is not named has no limit."`
	// BasePath is "/" or a path that ends without a slash.
	BasePath string `env:"CONSOLE_BASE_PATH" envDefault:"/" is:"pattern ^(/|(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$" want:"/ or a path such as /dead-letters, without a slash at its end" about:"The path below which a proxy serves the console."`
}

// MaxEventAges returns the age from which on each channel's worker skips an event.
func (c *Console) MaxEventAges() (map[domain.Channel]time.Duration, error) {
	ages := make(map[domain.Channel]time.Duration)
	for part := range strings.SplitSeq(c.EventAges, ",") {
		channel, text, ok := strings.Cut(strings.TrimSpace(part), ":")
		age, err := time.ParseDuration(text)
		if !ok || err != nil || age < 0 || !domain.Channel(channel).Valid() {
			return nil, errAges
		}
		ages[domain.Channel(channel)] = age
	}
	return ages, nil
}

var errAges = errors.New("must be channels with ages such as email:48h,sms:24h")

// Check reports credentials that are incomplete, or missing where the console is
// reachable from other hosts.
func (c *Console) Check(r *config.Report) {
	pair(r, "CONSOLE_USER", c.User, "CONSOLE_PASSWORD", c.Password)
	pair(r, "CONSOLE_READER", c.Reader, "CONSOLE_READER_PASSWORD", c.ReaderPassword)
	if c.User != "" && c.User == c.Reader {
		r.Fault("CONSOLE_READER", "must be another name than CONSOLE_USER")
	}
	if _, err := c.MaxEventAges(); err != nil && !r.Faulty("PREVIEW_EVENT_AGES") {
		r.Fault("PREVIEW_EVENT_AGES", err.Error())
	}
	if r.Faulty("CONSOLE_ADDR") || r.Faulty("CONSOLE_USER") || r.Faulty("CONSOLE_PASSWORD") {
		return
	}
	if !Loopback(c.Addr) && c.User == "" {
		r.Fault("CONSOLE_USER", "is required, with CONSOLE_PASSWORD, when CONSOLE_ADDR is not a loopback address")
	}
}

// pair reports a name without a password, a password without a name, and a name
// that basic authentication cannot carry.
func pair(r *config.Report, nameSetting, name, passwordSetting string, password config.Secret) {
	switch {
	case r.Faulty(nameSetting) || r.Faulty(passwordSetting):
	case name == "" && !password.Empty():
		r.Fault(nameSetting, "is required when "+passwordSetting+" is given")
	case name != "" && password.Empty():
		r.Fault(passwordSetting, "is required when "+nameSetting+" is given")
	case strings.Contains(name, ":"):
		r.Fault(nameSetting, "must not contain a colon")
	}
}

// Loopback reports whether addr, a host with a port, can only be reached from this
// machine.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
