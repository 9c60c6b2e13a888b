// Package inbox is the page that shows the accepted messages, and the JSON that it
// polls.
package inbox

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

//go:embed assets
var assets embed.FS

// Options are the parts of the page besides the messages.
type Options struct {
	// BoardURL is where the page polls counters and buttons; empty: the
	// sandbox's own counts.
	BoardURL string
}

// contentPolicy lets the page load nothing but its own files.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New returns the handler of the page at "/" and "/sms", of its files and of
// its JSON below "/_inbox/".
func New(o Options, j *journal.Journal) (http.Handler, error) {
	page, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return nil, fmt.Errorf("the inbox page: %w", err)
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("the inbox page's files: %w", err)
	}
	a := api{journal: j}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", show(page, view{Channel: journal.Email, BoardURL: o.BoardURL}))
	mux.Handle("GET /sms", show(page, view{Channel: journal.SMS, BoardURL: o.BoardURL}))
	mux.Handle("GET /assets/", noSniff(http.StripPrefix("/assets/", http.FileServerFS(files))))
	mux.HandleFunc("GET /_inbox/messages", a.list)
	mux.HandleFunc("GET /_inbox/messages/{seq}", a.message)
	mux.HandleFunc("GET /_inbox/messages/{seq}/html", a.html)
	mux.HandleFunc("GET /_inbox/messages/{seq}/files/{file}", a.file)
	return mux, nil
}

type view struct{ Channel, BoardURL string }

func show(page *template.Template, v view) http.Handler {
	var b bytes.Buffer
	err := page.Execute(&b, v)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write(b.Bytes())
	})
}

// noSniff also keeps browsers from using the files of an older build.
func noSniff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
