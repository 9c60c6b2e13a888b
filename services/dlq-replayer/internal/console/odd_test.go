package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// Every id that the contract of events allows is found as it is written.
func TestAnAppointmentOfAnyNameIsFound(t *testing.T) {
	b := replaytest.New(t)
	for _, base := range []string{"/", "/ops"} {
		r := open(t, b, Config{BasePath: base})
		var asked string
		r.console.stories.read = func(_ context.Context, id string) (*history.Appointment, error) {
			asked = id
			return &history.Appointment{}, nil
		}
		for _, id := range []string{
			"a-1", "a/b", "a//b", ".", "..", "./a", "../a", "a/..", "/", "//evil.example", "...", "a?b#c", "%2e%2e", "%", "a b", "a+b", "a;b", "a\\b", "\u202Ea", "né", "<b>",
			strings.Repeat("約", 256), strings.Repeat("\U0001f4c5", 256),
		} {
			asked = "nothing"
			found := r.do(http.MethodGet, strings.TrimSuffix(base, "/")+"/appointments?id="+url.QueryEscape(id), nil)
			if found.code == http.StatusOK && asked == id {
				continue
			}
			if a := r.do(http.MethodGet, found.Get("Location"), nil); a.code != http.StatusOK || asked != id {
				t.Errorf("%.40q at %.40s: %d, %.40q is read about", id, found.Get("Location"), a.code, asked)
			}
		}
	}
}
