// Package console is the web console of the replayer: dead letters, previews of
// replays, jobs, and the histories of appointments, in a browser. The rules are in the
// packages below it, which the command line also uses; it only makes pages. Every
// action is a plain form; the script only adds convenience.
package console

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
)

//go:embed assets pages
var embedded embed.FS

// Config holds the console's settings.
type Config struct {
	// Addr is host:port.
	Addr string
	// BasePath is "/" or a path without a trailing slash.
	BasePath string
	// Operator may do everything, Reader may only read. Without an Operator there is no
	// log-in: only requests to a loopback host are answered, as the operator's.
	Operator, Reader Account
	// ReadOnly forbids all changes and the revealing of recipients.
	ReadOnly bool
	// Brokers are the addresses of Kafka, for the message while it is away.
	Brokers []string
	// Notices are sentences for every page.
	Notices []string
	// Version is the program's.
	Version string
}

// Console makes pages from a server's data. Safe for concurrent use.
type Console struct {
	cfg      Config
	base     string
	desk     *serve.Server
	stories  *Stories
	log      *zap.Logger
	pages    map[string]*template.Template
	attempts *attempts
	shown    forecasts
	now      func() time.Time
}

// New returns a console that shows desk's data and stories.
func New(cfg Config, desk *serve.Server, stories *Stories, log *zap.Logger) (*Console, error) {
	c := &Console{
		cfg: cfg, base: strings.TrimSuffix(cfg.BasePath, "/"), desk: desk, stories: stories, log: log,
		attempts: newAttempts(), now: time.Now, pages: make(map[string]*template.Template),
	}
	layout, err := template.New("layout.html").Funcs(c.functions()).ParseFS(embedded, "pages/layout.html", "pages/parts.html")
	if err != nil {
		return nil, fmt.Errorf("the console's layout: %w", err)
	}
	for _, name := range []string{"list", "letter", "correct", "preview", "jobs", "job", "appointment", "message"} {
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(embedded, "pages/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("the console's page %s: %w", name, err)
		}
		c.pages[name] = page
	}
	return c, nil
}

// Handler answers all requests of the console.
func (c *Console) Handler() (http.Handler, error) {
	files, err := fs.Sub(embedded, "assets")
	if err != nil {
		return nil, fmt.Errorf("the console's files: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.list)
	mux.HandleFunc("GET /letters/{id}", c.letter)
	mux.HandleFunc("GET /letters/{id}/story", c.letterStory)
	mux.HandleFunc("POST /letters/{id}/reveal", c.reveal)
	mux.HandleFunc("POST /letters/{id}/correct", c.correct)
	mux.HandleFunc("GET /replay", c.previewReplay)
	mux.HandleFunc("POST /replay", c.confirmReplay)
	mux.HandleFunc("GET /discard", c.previewDiscard)
	mux.HandleFunc("POST /discard", c.confirmDiscard)
	mux.HandleFunc("GET /jobs", c.jobs)
	mux.HandleFunc("GET /jobs/{id}", c.job)
	mux.HandleFunc("POST /jobs/{id}/cancel", c.cancelJob)
	mux.HandleFunc("POST /jobs/{id}/resume", c.resumeJob)
	mux.HandleFunc("GET /appointments", c.findAppointment)
	mux.HandleFunc("GET /appointments/{id}", c.appointment)
	mux.HandleFunc("GET /live", c.live)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(files)))
	mux.HandleFunc("/", c.notFound)
	return c.guarded(mux), nil
}
