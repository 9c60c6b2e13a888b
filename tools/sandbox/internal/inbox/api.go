package inbox

import (
	"encoding/json"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

const (
	defaultList = 100
	maxList     = 1000
	// previewLength is how much of a text the list carries.
	previewLength = 140
)

// messagePolicy shows an e-mail's HTML without scripts, forms or anything from
// the network.
const messagePolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

type api struct{ journal *journal.Journal }

// summary is a message in the list.
type summary struct {
	Seq           uint64   `json:"seq"`
	Time          string   `json:"time"`
	Recipient     string   `json:"recipient"`
	Subject       string   `json:"subject,omitempty"`
	Preview       string   `json:"preview"`
	Tags          []string `json:"tags,omitempty"`
	AppointmentID string   `json:"appointment_id,omitempty"`
	Files         int      `json:"files"`
	Segments      int      `json:"segments,omitempty"`
	Late          bool     `json:"late"`
	// Receipt is its present receipt, or empty.
	Receipt string `json:"receipt,omitempty"`
	Code    int    `json:"code,omitempty"`
}

// list answers with the newest messages, how many match and how many there are
// on both channels.
func (a api) list(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || limit <= 0 {
		limit = defaultList
	}
	channel := r.FormValue("channel")
	found, total := a.journal.Messages(channel, r.FormValue("q"), min(limit, maxList))
	messages := make([]summary, 0, len(found))
	for _, m := range found {
		messages = append(messages, summarize(m))
	}
	stats := a.journal.Stats()
	writeJSON(w, map[string]any{
		"messages": messages, "total": total, "stats": stats,
		"accepted": map[string]int{journal.Email: stats.Email.Accepted, journal.SMS: stats.SMS.Accepted},
	})
}

func summarize(m journal.Message) summary {
	kind, code := receipt(m.Now())
	return summary{
		Seq: m.Seq, Time: when(m), Recipient: m.Recipient, Subject: m.Subject, Preview: preview(m.Text),
		Tags: m.Tags, AppointmentID: m.AppointmentID, Files: len(m.Attachments), Segments: m.Segments,
		Late: m.Outcome != "accepted", Receipt: kind, Code: code,
	}
}

// receipt returns the kind of a message's receipt, and the provider's number for a
// failure.
func receipt(now journal.Turn) (kind string, code int) {
	switch now.Kind {
	case journal.Delivered, journal.Complained:
		return now.Kind, 0
	case journal.Failed, journal.Unsent:
		return "undelivered", now.Code
	}
	return "", 0
}

func when(m journal.Message) string { return time.Unix(0, m.Time).UTC().Format(time.RFC3339Nano) }

func preview(text string) string {
	words := []rune(strings.Join(strings.Fields(text), " "))
	if len(words) > previewLength {
		return string(words[:previewLength]) + "…"
	}
	return string(words)
}

// detail is one message in full, without its HTML and its files.
type detail struct {
	summary
	ID         string               `json:"id"`
	From       string               `json:"from"`
	Text       string               `json:"text"`
	HasHTML    bool                 `json:"has_html"`
	Headers    [][2]string          `json:"headers"`
	Variables  map[string]string    `json:"variables,omitempty"`
	Reference  string               `json:"reference,omitempty"`
	Lang       string               `json:"lang,omitempty"`
	Dir        string               `json:"dir,omitempty"`
	Outcome    string               `json:"outcome"`
	Rule       string               `json:"rule,omitempty"`
	Attachment []journal.Attachment `json:"attachments"`
}

func (a api) message(w http.ResponseWriter, r *http.Request) {
	m, ok := a.find(w, r)
	if !ok {
		return
	}
	d := detail{
		summary: summarize(m), ID: m.ID, From: m.From, Text: m.Text, HasHTML: m.Content.HTML != "", Headers: m.Content.Headers,
		Variables: m.Variables, Reference: m.Reference, Outcome: m.Outcome, Rule: m.Rule, Attachment: []journal.Attachment{},
	}
	d.Lang, d.Dir = language(m.Content.HTML)
	for _, f := range m.Content.Files {
		d.Attachment = append(d.Attachment, f.Attachment)
	}
	writeJSON(w, d)
}

// language returns the language and direction of an e-mail's page.
func language(page string) (lang, dir string) {
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken || token.Data != "html" {
			continue
		}
		for _, a := range token.Attr {
			switch a.Key {
			case "lang":
				lang = a.Val
			case "dir":
				dir = a.Val
			}
		}
		return lang, dir
	}
	return "", ""
}

func (a api) find(w http.ResponseWriter, r *http.Request) (journal.Message, bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	m, ok := a.journal.Message(seq)
	if err != nil || !ok {
		http.NotFound(w, r)
		return m, false
	}
	return m, true
}

func (a api) html(w http.ResponseWriter, r *http.Request) {
	if m, ok := a.find(w, r); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", messagePolicy)
		_, _ = w.Write([]byte(m.Content.HTML))
	}
}

// file gives an attachment as a download; calendar files as what they are,
// though Mailgun's API cannot say so.
func (a api) file(w http.ResponseWriter, r *http.Request) {
	m, ok := a.find(w, r)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("file"))
	if err != nil || n < 0 || n >= len(m.Content.Files) {
		http.NotFound(w, r)
		return
	}
	f, h := m.Content.Files[n], w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if path.Ext(f.Name) == ".ics" {
		h.Set("Content-Type", "text/calendar; charset=utf-8")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(f.Name)}))
	_, _ = w.Write(f.Data)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}
