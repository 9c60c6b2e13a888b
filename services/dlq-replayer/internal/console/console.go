// Package console is the web console of the replayer: dead letters, what a replay
// would do, jobs, and what became of an appointment, in a browser. The rules stand
// below it, in the packages that the command line uses too; it makes pages of
// them. Every action is a plain form; the script adds only comfort.
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

// Config is how the console is reached, and by whom.
type Config struct {
	// Addr is host:port.
	Addr string
	// BasePath is "/" or a path without a slash at its end.
	BasePath string
	// Operator may do everything, Reader may look. Without an Operator nobody logs
	// in: only requests to a loopback host are answered then, and who sends one
	// is the operator.
	Operator, Reader Account
	// ReadOnly lets nobody change or reveal anything.
	ReadOnly bool
	// Brokers are the addresses of Kafka, for what is said while it is away.
	Brokers []string
	// Notices are sentences that stand on every page.
	Notices []string
	// Version is the program's.
	Version string
}

// Console makes pages of what a server knows. Safe for concurrent use.
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

// New returns a console of what desk knows. stories tell of appointments.
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
