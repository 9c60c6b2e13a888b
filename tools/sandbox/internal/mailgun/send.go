package mailgun

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/fate"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// maxMessage is Mailgun's limit for a message, 25 MB, with some room for the
// form around it.
const maxMessage = 26 << 20

// maxOptions is Mailgun's limit for all o:, h:, v: and t: parameters together.
const maxOptions = 16 << 10

func (a *API) send(w http.ResponseWriter, r *http.Request, domain string, arrived time.Time) {
	form, refusal := readForm(w, r)
	entry, content := form.entry(domain)
	entry.Kind, entry.Channel, entry.Arrived = journal.KindSend, journal.Email, arrived.UnixNano()
	if refusal == nil {
		refusal = form.check()
	}
	if objection := a.objection(r, a.options.Key, domain); objection != nil {
		refusal = objection
	}
	a.exchange.Send(w, r, exchange.Send{
		Provider: a, Entry: entry, Content: content, Refusal: refusal, Accepted: queued,
		Turns: func(f *script.Action) []journal.Turn {
			if f == nil {
				f = usualFate(entry.Recipient)
			}
			return fate.Turns(f, time.Duration(a.options.Delivery.Load()), hardBounce)
		},
	})
}

// hardBounce is the code of an address that does not exist (RFC 3463: 5.1.1).
const hardBounce = 550

// usualFate is the fate of a message without a rule: it is named by the address before
// its "@", a "+" or a digit.
func usualFate(recipient string) *script.Action {
	local, _, _ := strings.Cut(strings.ToLower(recipient), "@")
	local, _, _ = strings.Cut(local, "+")
	f := map[string]script.Action{
		"bounce": {Ending: script.Undelivered}, "late-bounce": {Ending: script.LateBounce}, "suppressed": {Ending: script.Undelivered, Code: 605},
		"complaint": {Ending: script.Complained}, "slow": {Ending: script.Deferred}, "silent": {Ending: script.Silent},
	}[strings.TrimRight(local, "-.0123456789")]
	return &f
}

func queued(e journal.Entry) exchange.Answer {
	return jsonAnswer(http.StatusOK, struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{e.ID, "Queued. Thank you."})
}

// check returns Mailgun's objection to the message. Only one recipient is allowed here,
// although Mailgun takes a list: one message to two recipients is a fault in a program
// that sends confirmations.
func (f *form) check() *exchange.Answer {
	switch {
	case f.get("from") == "":
		return badRequest("from parameter is missing")
	case f.get("to") == "":
		return badRequest("to parameter is missing")
	case !f.oneAddress("from"):
		return badRequest(notAnAddress("from"))
	case !f.oneAddress("to"):
		return badRequest(notAnAddress("to"))
	case f.get("text") == "" && f.get("html") == "":
		return badRequest("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified")
	case f.optionBytes() > maxOptions:
		return badRequest("Send options (parameters starting with o:, h:, v:, or t:) are limited to 16KB total")
	case !f.asciiHeaders():
		return badRequest("Header name must be pure ASCII")
	}
	return nil
}

func badRequest(text string) *exchange.Answer {
	a := message(http.StatusBadRequest, text)
	return &a
}

func (f *form) oneAddress(field string) bool {
	if len(f.values[field]) != 1 {
		return false
	}
	_, err := mail.ParseAddress(f.get(field))
	return err == nil
}

// bareAddress returns the address in "Name <address>".
func bareAddress(s string) string {
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address
	}
	return s
}

// messageID returns the Message-Id that was asked for, without brackets, if it
// has the form id@domain; else one in Mailgun's own form.
func (f *form) messageID(domain string) string {
	id := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(f.header("Message-Id")), "<"), ">")
	local, host, ok := strings.Cut(id, "@")
	if ok && local != "" && host != "" && !strings.ContainsAny(id, " \t\r\n<>") {
		return id
	}
	return fmt.Sprintf("%s.%016x@%s", time.Now().UTC().Format("20060102150405"), rand.Uint64(), domain)
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tooLarge distinguishes a body beyond the limit from one that is not a form.
func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit)
}
