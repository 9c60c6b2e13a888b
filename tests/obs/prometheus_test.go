package obs

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// target is a program that is scraped, under the label that deploy/prometheus
// makes of its container's name.
type target struct{ program, address string }

// server is a real Prometheus with the rules of deploy/prometheus.
type server struct {
	*testing.T
	url   string
	began time.Time
}

// scrapeInterval is shorter than an operator's, so that a test sees many scrapes.
const scrapeInterval = time.Second

// startPrometheus scrapes the targets until the test ends.
func startPrometheus(t *testing.T, targets []target) *server {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(configuration(t, targets)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &server{T: t, url: "http://" + freeAddress(t), began: time.Now()}
	process := harness.Start(t, binary(t), nil, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+strings.TrimPrefix(s.url, "http://"), "--log.level=warn")
	harness.Await(t, time.Minute, "Prometheus answers", func() bool {
		if !process.Running() {
			t.Fatal("Prometheus has ended")
		}
		answer, err := http.Get(s.url + "/-/ready")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	return s
}

func configuration(t *testing.T, targets []target) string {
	t.Helper()
	config := map[string]any{
		"global":     map[string]any{"scrape_interval": scrapeInterval.String(), "evaluation_interval": scrapeInterval.String()},
		"rule_files": []string{filepath.Join(harness.Root(t), "deploy/prometheus/alerts.yml")},
	}
	var static []any
	for _, at := range targets {
		static = append(static, map[string]any{"targets": []string{at.address}, "labels": map[string]string{"program": at.program}})
	}
	config["scrape_configs"] = []any{map[string]any{"job_name": "notifications", "static_configs": static}}
	written, err := json.Marshal(config) // which is YAML too
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// binary builds Prometheus where that is not done yet, and returns its path.
func binary(t *testing.T) string {
	t.Helper()
	build := exec.Command("make", "-s", "--no-print-directory", "prometheus")
	build.Dir, build.Stderr = harness.Root(t), os.Stderr
	out, err := build.Output()
	if err != nil {
		t.Fatalf("make prometheus: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// ask calls Prometheus' API.
func (s *server) ask(into any, path string, parameters ...string) {
	s.Helper()
	query := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		query.Add(parameters[i], parameters[i+1])
	}
	answer, err := http.Get(s.url + "/api/v1/" + path + "?" + query.Encode())
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body := struct {
		Status, Error string
		Data          any
	}{Data: into}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || body.Status != "success" {
		s.Fatalf("%s %v: %s %v", path, parameters, body.Error, err)
	}
}

// series is the result of a query over a span of time.
type series struct {
	Metric map[string]string
	Values [][2]any
}

// over returns what a query says of the time since Prometheus was started, as a
// panel that shows it would.
func (s *server) over(query string) []series {
	s.Helper()
	var matrix struct{ Result []series }
	s.ask(&matrix, "query_range", "query", query, "step", scrapeInterval.String(),
		"start", strconv.FormatInt(s.began.Unix(), 10), "end", strconv.FormatInt(time.Now().Unix()+1, 10))
	return matrix.Result
}

// shows reports whether a query has anything to show: a quantile of no
// observations is a series too, and not a number.
func (s *server) shows(query string) bool {
	s.Helper()
	for _, one := range s.over(query) {
		for _, at := range one.Values {
			text, _ := at[1].(string)
			if value, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(value) {
				return true
			}
		}
	}
	return false
}

// selectors returns what a query selects, as queries of their own. Where a label
// holds a provider's word, or must not match, no series may be there yet.
func (s *server) selectors(query string) (found []string) {
	s.Helper()
	var tree any
	s.ask(&tree, "parse_query", "query", query)
	var walk func(any)
	walk = func(part any) {
		switch part := part.(type) {
		case map[string]any:
			if matchers, ok := part["matchers"].([]any); ok {
				found = append(found, selector(matchers))
			}
			for _, child := range part {
				walk(child)
			}
		case []any:
			for _, child := range part {
				walk(child)
			}
		}
	}
	walk(tree)
	return found
}

func selector(matchers []any) string {
	var kept []string
	for _, m := range matchers {
		m, _ := m.(map[string]any)
		if m["name"] != "reason" && (m["type"] == "=" || m["type"] == "=~") {
			kept = append(kept, fmt.Sprintf("%s%s%q", m["name"], m["type"], m["value"]))
		}
	}
	return "{" + strings.Join(kept, ",") + "}"
}

// rule is an alert and whether Prometheus can evaluate it.
type rule struct{ Name, Query, Health, LastError string }

func (s *server) rules() (all []rule) {
	s.Helper()
	var groups struct{ Groups []struct{ Rules []rule } }
	s.ask(&groups, "rules")
	for _, g := range groups.Groups {
		all = append(all, g.Rules...)
	}
	return all
}
