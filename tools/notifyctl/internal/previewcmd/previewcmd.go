// Package previewcmd is `notifyctl preview`: it shows patients' messages in every
// language and for every status, without sending them.
package previewcmd

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/preview"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// Command is `notifyctl preview`.
type Command struct {
	Channel []domain.Channel           `help:"email, sms; both by default." placeholder:"CHANNEL"`
	Status  []domain.AppointmentStatus `help:"confirmed, rescheduled, cancelled; all by default." placeholder:"STATUS"`
	Locale  []string                   `help:"The languages, as an event asks for them; DEFAULT_LOCALE by default." placeholder:"TAG"`
	All     bool                       `help:"All languages."`
	Dir     string                     `help:"The folder of texts; MESSAGES_DIR by default." placeholder:"DIR"`
	Event   string                     `help:"A file with an event to show; a made-up one by default." placeholder:"FILE"`
	Out     string                     `help:"Write pages, texts and calendar files into this folder, with an index.html." placeholder:"FOLDER"`
}

// Validate is called by the parser.
func (c Command) Validate() error {
	for _, ch := range c.Channel {
		if !ch.Valid() {
			return fmt.Errorf("--channel: there is no channel %q, only %q", ch, domain.Channels())
		}
	}
	for _, s := range c.Status {
		if !slices.Contains(domain.AppointmentStatuses(), s) {
			return fmt.Errorf("--status: there is no status %q, only %q", s, domain.AppointmentStatuses())
		}
	}
	return nil
}

// Run prints the messages, and writes them into a folder if one is given.
func (c Command) Run(in *cmdline.Invocation) error {
	w, err := c.writer(in.Env)
	if err != nil {
		return err
	}
	event, err := c.event()
	if err != nil {
		return err
	}
	locales := w.locales(c, event)
	shown := w.show(c, event, locales)
	if c.Out == "" {
		printAll(in.Stdout, shown)
	}
	table(in.Stdout, w.texts, shown)
	if err := messages.CheckBrand(w.cfg.SMS.BrandName); err != nil {
		fmt.Fprintf(in.Stdout, "note: no text messages are shown, because SMS_BRAND_NAME (or BRAND_NAME) %v\n", err)
	}
	if c.Out == "" {
		return nil
	}
	index, err := write(c.Out, shown)
	if err == nil {
		fmt.Fprintf(in.Stdout, "\nOpen %s in a browser.\n", index)
	}
	return err
}

// event returns the event that is shown.
func (c Command) event() (*domain.Event, error) {
	value := []byte(`{"appointment_id": "apt_7f3c", "time": "2031-09-24T14:30:00+02:00", "timezone": "Europe/Berlin", "revision": 2, "notify": {}}`)
	if c.Event != "" {
		var err error
		if value, err = os.ReadFile(c.Event); err != nil {
			return nil, err
		}
	}
	return domain.NewDecoder().Decode(value)
}

// writer writes messages as the workers would.
type writer struct {
	cfg    settings.Texts
	texts  *messages.Set
	email  *preview.Renderer
	limits gsm.Limits
}

func (c Command) writer(env config.Env) (*writer, error) {
	env = maps.Clone(env)
	if c.Dir != "" {
		env["MESSAGES_DIR"] = c.Dir
	}
	cfg, _, err := config.Load[settings.Texts](env)
	if err != nil {
		return nil, err
	}
	w := &writer{cfg: cfg, texts: cfg.Message.Texts(), limits: gsm.TollFree()}
	if cfg.SMS.FromPhone != "" {
		w.limits = gsm.LimitsOf(cfg.SMS.FromPhone)
	}
	w.email, err = preview.New(cfg.Message.BrandName, w.texts, cfg.Message.Clock(), cfg.Calendar.AppointmentDuration)
	return w, err
}

// locales returns the locales to show, the event's own before the default.
func (w *writer) locales(c Command, e *domain.Event) []string {
	switch {
	case c.All:
		return w.texts.Tags()
	case len(c.Locale) > 0:
		return c.Locale
	default:
		return []string{e.Locale}
	}
}

// message is one message to be shown.
type message struct {
	// Asked is the locale of the event, Lang the language that it is written in.
	Asked, Lang, Dir string
	Status           domain.AppointmentStatus
	Email            *preview.Email
	// SMS is empty if no text message is shown.
	SMS      string
	Cost     gsm.Count
	Segments int
}

// published is when the shown event was published: the same at each run, so that
// two previews differ only in what was changed.
func published() time.Time { return time.Date(2031, 9, 1, 9, 0, 0, 0, time.UTC) }

func (w *writer) show(c Command, e *domain.Event, locales []string) (shown []message) {
	statuses := c.Status
	if len(statuses) == 0 {
		statuses = domain.AppointmentStatuses()
	}
	for _, locale := range locales {
		for _, status := range statuses {
			one := *e
			one.Locale, one.Status = locale, status
			shown = append(shown, w.one(c, &one))
		}
	}
	return shown
}

func (w *writer) one(c Command, e *domain.Event) message {
	l := w.texts.For(e.Locale)
	m := message{Asked: e.Locale, Lang: l.Tag(), Dir: l.Dir(), Status: e.Status, Segments: l.Segments()}
	asks := func(ch domain.Channel) bool { return len(c.Channel) == 0 || slices.Contains(c.Channel, ch) }
	if asks(domain.Email) {
		m.Email = new(w.email.Render(e, published()))
	}
	if asks(domain.SMS) && messages.CheckBrand(w.cfg.SMS.BrandName) == nil {
		reference := domain.NewKey(e, domain.SMS, "+15550100001").Reference()
		m.SMS = l.SMS(&messages.Short{Status: e.Status, Brand: w.cfg.SMS.BrandName, Reference: reference, At: w.cfg.Message.Clock().Of(e)}, w.limits)
		m.Cost = w.limits.Count(m.SMS)
	}
	return m
}

// printAll prints messages as text.
func printAll(out io.Writer, shown []message) {
	for _, m := range shown {
		if m.Email != nil {
			fmt.Fprintf(out, "--- email %s %s\nSubject: %s\n\n%s\n%s\n", m.Lang, m.Status, m.Email.Subject, m.Email.Text, m.Email.Calendar)
		}
		if m.SMS != "" {
			fmt.Fprintf(out, "--- sms %s %s\n%s\n\n", m.Lang, m.Status, m.SMS)
		}
	}
}

// table prints the size and cost of each message.
func table(out io.Writer, texts *messages.Set, shown []message) {
	fmt.Fprintf(out, "message set %s (%s)\n", texts.Hash(), texts.State().Source)
	for _, m := range shown {
		line := fmt.Sprintf("%-6s %-11s", m.Lang, m.Status)
		if m.Email != nil {
			line += fmt.Sprintf("  subject %3d characters, page %5d bytes", len([]rune(m.Email.Subject)), len(m.Email.HTML))
		}
		if m.SMS != "" {
			line += fmt.Sprintf("  sms %s %3d units, %d of %d segments", m.Cost.Encoding, m.Cost.Units, m.Cost.Segments, m.Segments)
		}
		if m.Asked != m.Lang && m.Asked != "" {
			line += fmt.Sprintf("  (asked for: %s)", strings.ToValidUTF8(m.Asked, "?"))
		}
		fmt.Fprintln(out, line)
	}
}
