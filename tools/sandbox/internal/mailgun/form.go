package mailgun

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// form is a message as it was posted.
type form struct {
	values url.Values
	files  []journal.File
	size   int64
}

// readForm reads a multipart or an urlencoded form.
func readForm(w http.ResponseWriter, r *http.Request) (*form, *exchange.Answer) {
	body := &counter{ReadCloser: http.MaxBytesReader(w, r.Body, maxMessage)}
	r.Body = body
	f := &form{}
	err := r.ParseMultipartForm(maxMessage)
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	f.values, f.size = r.PostForm, body.n
	if r.MultipartForm != nil {
		f.files = readFiles(r.MultipartForm)
	}
	switch {
	case tooLarge(err):
		a := message(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return f, &a
	case err != nil:
		return f, badRequest("Bad Request")
	}
	return f, nil
}

// counter counts the bytes of a body.
type counter struct {
	io.ReadCloser
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

func readFiles(m *multipart.Form) []journal.File {
	var files []journal.File
	for _, field := range []string{"attachment", "inline"} {
		for _, h := range m.File[field] {
			files = append(files, readFile(h))
		}
	}
	return files
}

func readFile(h *multipart.FileHeader) journal.File {
	f := journal.File{Attachment: journal.Attachment{
		Name: h.Filename, Type: h.Header.Get("Content-Type"), Size: int(h.Size),
	}}
	if r, err := h.Open(); err == nil {
		f.Data = make([]byte, h.Size)
		_, _ = io.ReadFull(r, f.Data)
		_ = r.Close()
	}
	return f
}

func (f *form) get(field string) string { return f.values.Get(field) }

// header returns a custom header; their names do not depend on case.
func (f *form) header(name string) string {
	for field, values := range f.values {
		if strings.EqualFold(field, "h:"+name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// entry describes the message for the journal, as far as it can be read.
func (f *form) entry(domain string) (journal.Entry, *journal.Content) {
	e := journal.Entry{
		Domain: domain, From: f.get("from"), Recipient: bareAddress(f.get("to")), Subject: f.get("subject"),
		Text: f.get("text"), MessageID: f.messageID(domain), Tags: slices.Clone(f.values["o:tag"]),
		Variables: f.prefixed("v:"), Size: int(f.size),
	}
	e.ID, e.AppointmentID = "<"+e.MessageID+">", e.Variables["appointment_id"]
	e.Identity = hash(e.MessageID)
	e.BodyHash = hash(strings.ToLower(e.Recipient), e.Subject, e.Text, f.get("html"))
	for _, file := range f.files {
		e.Attachments = append(e.Attachments, file.Attachment)
	}
	return e, &journal.Content{HTML: f.get("html"), Headers: f.headers(), Files: f.files}
}

func (f *form) prefixed(prefix string) map[string]string {
	var found map[string]string
	for field, values := range f.values {
		if name, ok := strings.CutPrefix(field, prefix); ok && len(values) > 0 {
			if found == nil {
				found = map[string]string{}
			}
			found[name] = values[0]
		}
	}
	return found
}

// headers returns the custom headers and the sending options, sorted.
func (f *form) headers() [][2]string {
	var found [][2]string
	for field, values := range f.values {
		for _, v := range values {
			if name, ok := strings.CutPrefix(field, "h:"); ok {
				found = append(found, [2]string{name, v})
			} else if strings.HasPrefix(field, "o:") && field != "o:tag" {
				found = append(found, [2]string{field, v})
			}
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i][0] < found[j][0] })
	return found
}

func (f *form) optionBytes() int {
	n := 0
	for field, values := range f.values {
		if len(field) > 1 && field[1] == ':' && strings.ContainsRune("ohvt", rune(field[0])) {
			for _, v := range values {
				n += len(field) + len(v)
			}
		}
	}
	return n
}

func (f *form) asciiHeaders() bool {
	for field := range f.values {
		name, ok := strings.CutPrefix(field, "h:")
		if ok && strings.ContainsFunc(name, func(c rune) bool { return c > 126 || c < 33 }) {
			return false
		}
	}
	return true
}
