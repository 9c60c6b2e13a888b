package console

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// frame holds the data that the layout shows around a page.
type frame struct {
	Title string
	// Here is the part of the console that the page belongs to.
	Here string
	Who  string
	// Restricted is the reason why changes are not possible; empty if they are.
	Restricted string
	// Problem is the reason why the page may be out of date.
	Problem string
	Notices []string
	Version string
	// Live is set if the page is updated live: the moment (see moment) from before the
	// page's data was read.
	Live string
	Body any
}

// functions are the functions of the templates.
func (c *Console) functions() template.FuncMap {
	return template.FuncMap{
		"base":   func() string { return c.base },
		"age":    func(t time.Time) string { return view.Age(c.now(), t) },
		"utc":    utc,
		"path":   url.PathEscape,
		"words":  words,
		"number": grouped,
		"dict":   dict,
		"total": func(counts []view.Count) (n int) {
			for _, c := range counts {
				n += c.Count
			}
			return n
		},
		"verdict": view.VerdictText,
		"rate":    func(r float64) string { return strconv.FormatFloat(r, 'f', 1, 64) },
		"head":    head,
	}
}

// head returns the first n bytes of an id, which is a token. Another tool's id may be
// shorter, for which the template's own slice, and so the page, would fail.
func head(n int, id string) string { return id[:min(n, len(id))] }

// dict passes several values to a template: names and values alternate.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			m[name] = pairs[i+1]
		}
	}
	return m
}

// utc writes a time in a form that people and scripts can read.
func utc(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// words turns one of our names into words.
func words(v any) string {
	switch s := v.(type) {
	case string:
		return strings.ReplaceAll(s, "_", " ")
	case interface{ String() string }:
		return strings.ReplaceAll(s.String(), "_", " ")
	}
	return ""
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// show writes a page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, name string, f frame) {
	v := visitorOf(r)
	if v.loggedIn {
		f.Who = v.who
	}
	f.Restricted, f.Notices, f.Version = c.restriction(v), c.cfg.Notices, c.cfg.Version
	if err := c.desk.Ready(); err != nil {
		f.Problem = "Kafka cannot be followed at the moment; trying again. What you see may be behind. " + err.Error()
	}
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, "layout.html", f); err != nil {
		c.log.Error("a page of the console cannot be made", zap.String("page", name), zap.Error(err))
		http.Error(w, "This page cannot be shown; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // on an error the client is gone
}

// message is a page with a single message.
type message struct {
	Heading, Text string
	// Back is the link to go on with, below the base path.
	Back, BackText string
}

func (c *Console) say(w http.ResponseWriter, r *http.Request, status int, m message) {
	if m.BackText == "" {
		m.Back, m.BackText = "/", "Back to the dead letters"
	}
	c.show(w, r, status, "message", frame{Title: m.Heading, Body: m})
}

func (c *Console) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	if _, ok := r.Context().Value(visitorKey{}).(visitor); !ok {
		http.Error(w, why, status) // without a log-in no page is shown
		return
	}
	c.say(w, r, status, message{Heading: "Not allowed", Text: why})
}

func (c *Console) notFound(w http.ResponseWriter, r *http.Request) {
	c.say(w, r, http.StatusNotFound, message{Heading: "Not found", Text: "There is no such page."})
}
