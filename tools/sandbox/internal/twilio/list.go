package twilio

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

const (
	defaultPage = 50
	maxPage     = 1000
)

// page is the list's envelope. The URIs are null where there is no page.
type page struct {
	End             int        `json:"end"`
	FirstPageURI    string     `json:"first_page_uri"`
	Messages        []resource `json:"messages"`
	NextPageURI     *string    `json:"next_page_uri"`
	Page            int        `json:"page"`
	PageSize        int        `json:"page_size"`
	PreviousPageURI *string    `json:"previous_page_uri"`
	Start           int        `json:"start"`
	URI             string     `json:"uri"`
}

func (a *API) list(w http.ResponseWriter, r *http.Request, account string, arrived time.Time) {
	a.lookup(w, r, account, arrived, r.URL.Query().Get("To"), func(twist string) exchange.Answer {
		return a.answerList(r, account, twist)
	})
}

func (a *API) fetch(w http.ResponseWriter, r *http.Request, account, sid string, arrived time.Time) {
	a.lookup(w, r, account, arrived, "", func(string) exchange.Answer {
		found, _ := a.exchange.Journal.Find(journal.SMS, journal.ByID, sid)
		if len(found) == 0 || found[0].Domain != account || !a.kept(found[0]) {
			return notFound(r)
		}
		return jsonAnswer(http.StatusOK, newMessage(found[0], age(found[0])))
	})
}

func (a *API) lookup(w http.ResponseWriter, r *http.Request, account string, arrived time.Time, to string, answer func(twist string) exchange.Answer) {
	a.exchange.Lookup(w, r, exchange.Lookup{
		Provider: a,
		Entry: journal.Entry{
			Kind: journal.KindLookup, Channel: journal.SMS, Arrived: arrived.UnixNano(), Domain: account,
			Recipient: to, Query: r.URL.RawQuery,
		},
		Answer: func(twist string) exchange.Answer {
			if objection := a.objection(r, account); objection != nil {
				return *objection
			}
			return answer(twist)
		},
	})
}

func age(e journal.Entry) time.Duration { return time.Since(time.Unix(0, e.Time)) }

// answerList gives one page, newest first. A page token names the last message
// of the page before, so that new messages do not shift the pages; without one
// the pages are counted from the newest.
func (a *API) answerList(r *http.Request, account, twist string) exchange.Answer {
	q := r.URL.Query()
	if a.tooOld(q.Get("DateSent>")) {
		return failure{20004, http.StatusBadRequest, "Dates before what is kept are not listed"}.answer()
	}
	size, ok := number(q.Get("PageSize"), defaultPage)
	if !ok || size < 1 || size > maxPage {
		return failure{20001, http.StatusBadRequest, "Invalid PageSize"}.answer()
	}
	at, _ := number(q.Get("Page"), 0)
	p := page{Messages: []resource{}, Page: at, PageSize: size, URI: r.URL.RequestURI(), FirstPageURI: uri(r, size, 0, 0)}
	more, last := a.fill(&p, q, account)
	if more {
		next := uri(r, size, at+1, last)
		p.NextPageURI = &next
	}
	if at > 0 {
		previous := uri(r, size, at-1, 0)
		p.PreviousPageURI = &previous
	}
	p.Start = at * size
	p.End = max(p.Start, p.Start+len(p.Messages)-1)
	p.distort(twist)
	return jsonAnswer(http.StatusOK, p)
}

// distort makes a page as the script wants it.
func (p *page) distort(twist string) {
	switch {
	case twist == script.RepeatToken:
		p.NextPageURI = &p.URI
	case twist == script.Withhold && len(p.Messages) > 0:
		p.Messages = p.Messages[:len(p.Messages)-1]
	case twist == script.NullFields:
		for i := range p.Messages {
			p.Messages[i].From, p.Messages[i].Price, p.Messages[i].ErrorMessage, p.Messages[i].SubresourceURIs = nil, nil, nil, nil
		}
	}
}

// tooOld reports whether a list begins before what the account keeps.
func (a *API) tooOld(after string) bool {
	begin, err := time.Parse(time.RFC3339, after)
	kept := time.Duration(a.options.Retention.Load())
	return err == nil && kept > 0 && time.Since(begin) > kept
}

// fill puts the messages on the page; it reports whether more follow, and behind
// which one.
func (a *API) fill(p *page, q url.Values, account string) (more bool, last uint64) {
	before, err := strconv.ParseUint(strings.TrimPrefix(q.Get("PageToken"), "PA"), 10, 64)
	skip := 0
	if err != nil {
		before, skip = math.MaxUint64, p.Page*p.PageSize
	}
	for e := range a.candidates(q.Get("To")) {
		if e.Seq >= before || e.Domain != account || !a.visible(e) {
			continue
		}
		m := newMessage(e, age(e))
		if !m.matches(q) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(p.Messages) == p.PageSize {
			return true, last
		}
		p.Messages, last = append(p.Messages, m), e.Seq
	}
	return false, last
}

func (a *API) visible(e journal.Entry) bool {
	return age(e) >= time.Duration(a.options.Visibility.Load()) && a.kept(e)
}

func (a *API) kept(e journal.Entry) bool {
	retention := time.Duration(a.options.Retention.Load())
	return retention == 0 || age(e) <= retention
}

func (a *API) candidates(to string) func(yield func(journal.Entry) bool) {
	if to == "" {
		return a.exchange.Journal.Range(journal.SMS, time.Unix(0, 0), time.Now(), true)
	}
	found, _ := a.exchange.Journal.Find(journal.SMS, journal.ByRecipient, to)
	return func(yield func(journal.Entry) bool) {
		for _, e := range found {
			if !yield(e) {
				return
			}
		}
	}
}

// matches applies the filters From, DateSent, DateSent< and DateSent>. Like Twilio's,
// the filter on the date skips messages that are only queued.
func (m resource) matches(q url.Values) bool {
	if from := q.Get("From"); from != "" && (m.From == nil || *m.From != from) {
		return false
	}
	for name, holds := range map[string]func(sent, day string) bool{
		"DateSent":  func(sent, day string) bool { return sent == day },
		"DateSent<": func(sent, day string) bool { return sent <= day },
		"DateSent>": func(sent, day string) bool { return sent >= day },
	} {
		if want := q.Get(name); want != "" && !m.sentOn(want, holds) {
			return false
		}
	}
	return true
}

// sentOn compares at the precision of what was asked: a day or an instant.
func (m resource) sentOn(want string, holds func(sent, want string) bool) bool {
	if m.DateSent == nil {
		return false
	}
	sent, err := time.Parse("Mon, 02 Jan 2006 15:04:05 +0000", *m.DateSent)
	if err != nil {
		return false
	}
	if len(want) == len(time.DateOnly) {
		return holds(sent.Format(time.DateOnly), want)
	}
	return holds(sent.Format("2006-01-02T15:04:05Z"), want)
}

func uri(r *http.Request, size, number int, before uint64) string {
	q := r.URL.Query()
	q.Set("PageSize", strconv.Itoa(size))
	q.Set("Page", strconv.Itoa(number))
	q.Del("PageToken")
	if before != 0 {
		q.Set("PageToken", "PA"+strconv.FormatUint(before, 10))
	}
	return r.URL.Path + "?" + q.Encode()
}

func number(text string, otherwise int) (int, bool) {
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
