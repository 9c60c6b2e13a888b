package deploy

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// up asks Prometheus which programs it finds, and whether they answer.
func (s *stack) up() map[string]string {
	s.Helper()
	answer, err := http.Get(s.metrics + "/api/v1/query?query=" + url.QueryEscape(`up{job="notifications"}`))
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var found struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		s.Fatal(err)
	}
	programs := map[string]string{}
	for _, r := range found.Data.Result {
		programs[r.Metric["program"]], _ = r.Value[1].(string)
	}
	return programs
}

// foundByPrometheus looks at the real configuration in the real network: programs
// are found by name. One that is stopped has none any more; where the machine's
// own name server does not say so, it stays a target that does not answer.
func foundByPrometheus(s *stack) {
	all := map[string]string{"email-worker": "1", "sms-worker": "1", "dlq-replayer": "1"}
	harness.Await(s, 2*time.Minute, "all programs are scraped", func() bool { return maps.Equal(s.up(), all) })
	s.compose("stop", "sms-worker")
	harness.Await(s, 2*time.Minute, "the program that was stopped is missed", func() bool { return s.up()["sms-worker"] != "1" })
	s.compose("start", "sms-worker")
	s.mayNotBeRead("http://attacker.example")
}

// mayNotBeRead asks as a page of that origin would, in a browser of this machine.
func (s *stack) mayNotBeRead(origin string) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.metrics+"/api/v1/query?query=up", nil)
	if err != nil {
		s.Fatal(err)
	}
	request.Header.Set("Origin", origin)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
		s.Errorf("a page of %s may read what Prometheus says: %s", origin, allowed)
	}
}
