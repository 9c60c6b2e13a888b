package democmd

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// The rules behind the page's switches.
const (
	ruleDown = "demo-down"
	ruleLose = "demo-lose-answers"
)

// controls serves the page's counters and buttons below /_demo/.
func (d *demo) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_demo/board", d.board)
	mux.HandleFunc("POST /_demo/kill", d.button(func(context.Context) (string, error) {
		return "The e-mail worker was killed with kill -9; it is started again after a second.", d.email.kill()
	}))
	mux.HandleFunc("POST /_demo/down", d.button(func(context.Context) (string, error) {
		return d.toggle(ruleDown, "The provider is down. Messages wait.", "The provider is back.",
			sandbox.Action{Type: script.Down})
	}))
	mux.HandleFunc("POST /_demo/lose", d.button(func(context.Context) (string, error) {
		return d.toggle(ruleLose, "Every third answer is lost after the message was accepted. The worker asks before it sends again.",
			"Answers arrive again.", sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset})
	}))
	mux.HandleFunc("POST /_demo/burst", d.button(func(ctx context.Context) (string, error) {
		return "A hundred more appointments were published.", d.burst(ctx, 100)
	}))
	return mux
}

// toggle adds a rule to the sandbox, or takes it away.
func (d *demo) toggle(id, on, off string, action sandbox.Action) (string, error) {
	if d.sandbox.Unscript(id) {
		return off, nil
	}
	rule := sandbox.Rule{ID: id, Action: action}
	if id == ruleLose {
		rule.Match = sandbox.Match{Kind: "send", Every: 3}
	}
	_, err := d.sandbox.Script(rule)
	return on, err
}

func (d *demo) active(id string) bool {
	for _, r := range d.sandbox.Rules() {
		if r.Rule.ID == id {
			return true
		}
	}
	return false
}

func (d *demo) board(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	c, err := d.oracle.count(ctx)
	if err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusOK, sandbox.Board{
		Counters: sandbox.Counters{
			Published: number(c.published), Sent: number(c.sent), Skipped: number(c.skipped), Waiting: number(c.waiting),
			DeadLettered: number(c.deadLettered), Lost: number(c.lost), Doubled: number(c.doubled),
		},
		Buttons: d.buttons(),
		Links:   []sandbox.Link{{Label: "Worker status", URL: "http://" + d.health + "/status"}},
	})
}

func (d *demo) buttons() []sandbox.Button {
	return []sandbox.Button{
		{Label: "Publish 100 more", Post: "/_demo/burst", Tone: "primary", Hint: "a hundred valid appointments at once"},
		{Label: "kill -9 the worker", Post: "/_demo/kill", Tone: "danger", Hint: "it gets no chance to clean up"},
		{Label: "Provider down", Post: "/_demo/down", Active: d.active(ruleDown), Hint: "every connection is reset, look-ups too"},
		{Label: "Lose answers", Post: "/_demo/lose", Active: d.active(ruleLose), Hint: "accepted, but the worker never hears of it"},
	}
}

// button wraps what a button does.
func (d *demo) button(do func(context.Context) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		message, err := do(r.Context())
		if err != nil {
			reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, map[string]string{"message": message})
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func number(n int) *int64 {
	v := int64(n)
	return &v
}
