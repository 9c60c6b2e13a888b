package twilio

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/fate"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

const (
	// maxForm bounds the request, maxBody is Twilio's limit (error 21617),
	// maxValidity that of a ValidityPeriod in seconds (error 90007).
	maxForm     = 1 << 20
	maxBody     = 1600
	maxValidity = 36000
)

func (a *API) send(w http.ResponseWriter, r *http.Request, account string, arrived time.Time) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	form := r.PostForm
	entry := newEntry(form, account)
	entry.Arrived, entry.Reference = arrived.UnixNano(), a.reference(entry.Text)
	if entry.Reference != "" {
		entry.Identity = hash(entry.Recipient, entry.Reference)
	}
	refusal := a.check(form)
	if err != nil {
		f := failure{20001, http.StatusBadRequest, "Bad Request"}.answer()
		refusal = &f
	}
	if objection := a.objection(r, account); objection != nil {
		refusal = objection
	}
	a.exchange.Send(w, r, exchange.Send{
		Provider: a, Entry: entry, Content: &journal.Content{Headers: parameters(form)},
		Refusal: refusal, Accepted: created,
		Turns: func(f *script.Action) []journal.Turn {
			if f == nil {
				f = usualFate(entry.Recipient)
			}
			return fate.Turns(f, time.Duration(a.options.Delivery.Load()), unreachable)
		},
	})
}

func created(e journal.Entry) exchange.Answer {
	return jsonAnswer(http.StatusCreated, newMessage(e, 0))
}

func newEntry(form url.Values, account string) journal.Entry {
	body, to := form.Get("Body"), form.Get("To")
	from := form.Get("From")
	if from == "" {
		from = form.Get("MessagingServiceSid")
	}
	return journal.Entry{
		Kind: journal.KindSend, Channel: journal.SMS, ID: newSID(), Domain: account,
		Recipient: to, From: from, Text: body,
		Identity: hash(to, body), BodyHash: hash(to, body), Size: len(body), Segments: segments(body, from),
	}
}

func newSID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return "SM" + hex.EncodeToString(b[:])
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// check returns Twilio's objection to the message, in the order in which Twilio
// reports them.
func (a *API) check(form url.Values) *exchange.Answer {
	to, from, body := form.Get("To"), form.Get("From"), form.Get("Body")
	service := form.Get("MessagingServiceSid")
	switch {
	case to == "":
		return objectTo(21604, "")
	case from == "" && service == "":
		return objectTo(21603, "")
	case body == "" && form.Get("MediaUrl") == "" && form.Get("ContentSid") == "":
		return objectTo(21602, "")
	case !e164(to):
		return objectTo(21211, to)
	case service == "" && !e164(from):
		return objectTo(21212, from)
	case to == from:
		return objectTo(21266, to)
	case utf8.RuneCountInString(body) > maxBody:
		return objectTo(21617, "")
	case a.options.From != "" && service == "" && from != a.options.From && magic(from) == 0:
		return objectTo(21606, from)
	case !validity(form.Get("ValidityPeriod")):
		return objectTo(90007, "")
	case magic(from) != 0 && magic(from) != 6:
		return objectTo(magicFrom(magic(from)), from)
	case magicTo(magic(to)) != 0:
		return objectTo(magicTo(magic(to)), to)
	}
	return nil
}

func objectTo(code int, number string) *exchange.Answer {
	a := failed(code, number)
	return &a
}

func e164(s string) bool {
	if len(s) < 3 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return !slices.ContainsFunc([]byte(s[1:]), func(c byte) bool { return c < '0' || c > '9' })
}

func validity(s string) bool {
	if s == "" {
		return true
	}
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= maxValidity
}

// reference finds the reference in a text of any language: the last word of eight
// base32 characters, because the brand may look like one; otherwise the word after
// "Ref".
func (a *API) reference(body string) string {
	if words := a.word.FindAllString(body, -1); len(words) > 0 {
		return words[len(words)-1]
	}
	if found := a.ref.FindStringSubmatch(body); found != nil {
		return found[1]
	}
	return ""
}

// parameters are the ones that the page shows beside the text.
func parameters(form url.Values) [][2]string {
	var found [][2]string
	for name, values := range form {
		if !slices.Contains([]string{"To", "From", "Body"}, name) && len(values) > 0 {
			found = append(found, [2]string{name, values[0]})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i][0] < found[j][0] })
	return found
}
