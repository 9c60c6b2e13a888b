package health

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
)

// Report is the document that /status returns.
type Report struct {
	build.Info
	// Channel is empty for a program that serves all channels.
	Channel domain.Channel `json:"channel,omitempty"`
	Started time.Time      `json:"started"`
	Uptime  string         `json:"uptime"`
	Live    Verdict        `json:"live"`
	Ready   Verdict        `json:"ready"`
	// Components are the sections that the parts of the program registered.
	Components map[string]any `json:"components"`
}

// Handler serves /livez, /readyz, /status and /metrics. It answers 503 if a check
// fails; the body names the check and the reason.
func Handler(info build.Info, ch domain.Channel, r *Registry, g prometheus.Gatherer) http.Handler {
	started := time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { verdict(w, r.Live()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { verdict(w, r.Ready()) })
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, Report{
			Info: info, Channel: ch, Started: started, Uptime: time.Since(started).Round(time.Second).String(),
			Live: r.Live(), Ready: r.Ready(), Components: printable(r.sections()),
		})
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	return mux
}

func verdict(w http.ResponseWriter, v Verdict) {
	code := http.StatusOK
	if !v.OK {
		code = http.StatusServiceUnavailable
	}
	write(w, code, v)
}

// printable shows errors as text, which encoding/json would show as {}.
func printable(sections map[string]any) map[string]any {
	for name, section := range sections {
		if err, failed := section.(error); failed {
			sections[name] = map[string]string{"error": err.Error()}
		}
	}
	return sections
}

func write(w http.ResponseWriter, code int, document any) {
	body, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		http.Error(w, "a section of the status cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // on an error the client is gone
}
