package democmd

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// The rules behind the page's switches.
const (
	ruleDown   = "demo-down"
	ruleLose   = "demo-lose-answers"
	ruleRefuse = "demo-refuse"
)

// controls serves the page's counters and buttons below /_demo/.
func (d *demo) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_demo/board", d.board)
	mux.HandleFunc("POST /_demo/kill", d.button(func(context.Context) (string, error) {
		return "The e-mail worker was killed with kill -9; it is started again after a second.", d.services[0].kill()
	}))
	mux.HandleFunc("POST /_demo/down", d.button(func(context.Context) (string, error) {
		return d.toggle(ruleDown, "The provider is down. Messages wait.", "The provider is back.")
	}))
	mux.HandleFunc("POST /_demo/lose", d.button(func(context.Context) (string, error) {
		return d.toggle(ruleLose, "Every third answer is lost after the message was accepted. The worker asks before it sends again.", "Answers arrive again.")
	}))
	mux.HandleFunc("POST /_demo/repair", d.button(func(context.Context) (string, error) {
		return d.toggle(ruleRefuse, "The provider refuses "+refusedDomain+" again.", "The addresses at "+refusedDomain+" work now: replay their dead letters.")
	}))
	mux.HandleFunc("POST /_demo/approve", d.button(func(context.Context) (string, error) { return d.approve() }))
	mux.HandleFunc("POST /_demo/move", d.forMessage(d.move))
	mux.HandleFunc("POST /_demo/cancel", d.forMessage(d.cancel))
	mux.HandleFunc("POST /_demo/burst", d.button(func(ctx context.Context) (string, error) {
		return "A hundred more appointments were published.", d.burst(ctx, 100)
	}))
	return mux
}

// rule returns the sandbox rule of a switch.
func rule(id string) sandbox.Rule {
	r := sandbox.Rule{ID: id}
	switch id {
	case ruleDown:
		r.Action.Type = script.Down
	case ruleLose:
		r.Match = sandbox.Match{Kind: "send", Every: 3}
		r.Action = sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset}
	case ruleRefuse:
		r.Match = sandbox.Match{Channel: sandbox.Email, Recipient: "*@" + refusedDomain}
		r.Action = sandbox.Action{
			Type: script.Answer, Status: http.StatusBadRequest,
			Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
		}
	}
	return r
}

// toggle adds a rule, or removes it.
func (d *demo) toggle(id, on, off string) (string, error) {
	if d.sandbox.Unscript(id) {
		return off, nil
	}
	_, err := d.sandbox.Script(rule(id))
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
		Message: []sandbox.Button{
			{Label: "Move", Post: "/_demo/move", Hint: "the appointment is a day later: another notification"},
			{Label: "Cancel", Post: "/_demo/cancel", Tone: "danger", Hint: "the appointment does not take place"},
		},
		Links: d.links(),
	})
}

func (d *demo) links() (links []sandbox.Link) {
	for _, s := range d.services {
		if s.console != "" {
			links = append(links, sandbox.Link{Label: "Dead letters →", URL: "http://" + s.console + "/"})
		}
	}
	for _, s := range d.services {
		links = append(links, sandbox.Link{Label: s.name + " /status →", URL: "http://" + s.health + "/status"})
	}
	return links
}

func (d *demo) buttons() []sandbox.Button {
	return []sandbox.Button{
		{Label: "Publish 100 more", Post: "/_demo/burst", Tone: "primary", Hint: "a hundred valid appointments at once"},
		{Label: "kill -9 the worker", Post: "/_demo/kill", Tone: "danger", Hint: "it gets no chance to clean up"},
		{Label: "Provider down", Post: "/_demo/down", Active: d.active(ruleDown), Hint: "every connection is reset, look-ups too"},
		{Label: "Lose answers", Post: "/_demo/lose", Active: d.active(ruleLose), Hint: "accepted, but the worker never hears of it"},
		{Label: "Toll-free approved", Post: "/_demo/approve", Active: d.sms.Load(), Hint: "switches SMS on: the sms-worker restarts, appointments ask for a text message too"},
		{Label: "Repair the addresses", Post: "/_demo/repair", Active: !d.active(ruleRefuse), Hint: "the provider refuses " + refusedDomain + " until then"},
	}
}

// button returns the handler of a button.
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

// forMessage returns the handler of a button on a message, which acts on its
// recipient's appointment.
func (d *demo) forMessage(do func(ctx context.Context, recipient string) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		message, err := do(r.Context(), r.URL.Query().Get("recipient"))
		switch {
		case errors.Is(err, errNoBooking), errors.Is(err, errCancelled):
			reply(w, http.StatusConflict, map[string]string{"error": err.Error()})
		case err != nil:
			reply(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		default:
			reply(w, http.StatusOK, map[string]string{"message": message})
		}
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
