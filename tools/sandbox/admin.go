package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// maxAdminBody bounds what the scripting endpoints read.
const maxAdminBody = 1 << 20

// adminRoutes are the endpoints for tests and for the page. Writes from other
// web sites are refused, since the sandbox has no login.
func (s *Sandbox) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/accepts", s.listEntries(true))
	mux.HandleFunc("GET /_sandbox/requests", s.listEntries(false))
	mux.HandleFunc("GET /_sandbox/stats", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Stats()) })
	mux.HandleFunc("GET /_sandbox/script", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Rules()) })
	mux.HandleFunc("POST /_sandbox/script", s.addRule)
	mux.HandleFunc("DELETE /_sandbox/script", func(w http.ResponseWriter, _ *http.Request) {
		s.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /_sandbox/script/{id}", s.removeRule)
	mux.HandleFunc("POST /_sandbox/reset", s.reset)
	mux.HandleFunc("POST /_sandbox/refuse", s.refuse)
	mux.HandleFunc("GET /_sandbox/settings", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.settings.show()) })
	mux.HandleFunc("POST /_sandbox/settings", s.changeSettings)
	return http.NewCrossOriginProtection().Handler(mux)
}

// listEntries answers with {"entries":[…],"last":N}; ask again with since=N.
func (s *Sandbox) listEntries(accepted bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := journal.Query{Accepted: accepted, Channel: r.FormValue("channel"), Kind: r.FormValue("kind")}
		q.Since, _ = strconv.ParseUint(r.FormValue("since"), 10, 64)
		q.Limit, _ = strconv.Atoi(r.FormValue("limit"))
		entries, err := s.journal.Entries(q)
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		last := q.Since
		if n := len(entries); n > 0 {
			last = entries[n-1].Seq
		}
		writeJSON(w, struct {
			Entries []Entry `json:"entries"`
			Last    uint64  `json:"last"`
		}{entries, last})
	}
}

func (s *Sandbox) addRule(w http.ResponseWriter, r *http.Request) {
	var rule Rule
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody)).Decode(&rule); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	id, err := s.Script(rule)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"id": id})
}

func (s *Sandbox) removeRule(w http.ResponseWriter, r *http.Request) {
	if !s.Unscript(r.PathValue("id")) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) reset(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
