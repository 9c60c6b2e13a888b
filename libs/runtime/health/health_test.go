package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
)

// serve runs a server on a free port until the test ends.
func serve(t *testing.T, r *health.Registry) *health.Server {
	t.Helper()
	info := build.Info{Service: "email-worker", Version: "v1.2.3"}
	server := health.NewServer("127.0.0.1:0", health.Handler(info, domain.Email, r, prometheus.NewRegistry()), zap.NewNop())
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t)
	})
	return server
}

func get(t *testing.T, server *health.Server, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestChecksDecideAndSayWhy(t *testing.T) {
	r := health.NewRegistry()
	server := serve(t, r)
	expect := func(path string, code int, texts ...string) {
		t.Helper()
		got, body := get(t, server, path)
		if got != code {
			t.Errorf("%s answers %d, want %d: %s", path, got, code, body)
		}
		for _, text := range texts {
			if !strings.Contains(body, text) {
				t.Errorf("%s does not say %q: %s", path, text, body)
			}
		}
	}
	expect("/livez", http.StatusOK)
	expect("/readyz", http.StatusOK)
	r.AddLive("loop", func() error { return nil })
	r.AddReady("sending", func() error { return errors.New("halted by mailgun.401") })
	r.AddReady("broken", func() error { panic("ann@patient.example") })
	expect("/livez", http.StatusOK)
	expect("/readyz", http.StatusServiceUnavailable, `"sending": "halted by mailgun.401"`, `"broken": "the check panicked with a string"`)
	r.AddLive("loop", func() error { return errors.New("nothing moved for 60 s") })
	expect("/livez", http.StatusServiceUnavailable, "nothing moved for 60 s")
	expect("/metrics", http.StatusOK)
	expect("/elsewhere", http.StatusNotFound)
}

func TestStatusShowsWhatTheComponentsSay(t *testing.T) {
	r := health.NewRegistry()
	r.AddStatus("sms", func() any { return map[string]string{"idle": "SMS_WORKER_ENABLED=false"} })
	r.AddStatus("lanes", func() any { panic("ann@patient.example") })
	r.AddReady("sending", func() error { return errors.New("halted") })
	code, body := get(t, serve(t, r), "/status")
	var report health.Report
	if err := json.Unmarshal([]byte(body), &report); err != nil || code != http.StatusOK {
		t.Fatalf("status %d, %v: %s", code, err, body)
	}
	if report.Service != "email-worker" || report.Version != "v1.2.3" || report.Channel != domain.Email ||
		!report.Live.OK || report.Ready.Failed["sending"] != "halted" || report.Started.IsZero() {
		t.Errorf("got %+v", report)
	}
	if !strings.Contains(body, "SMS_WORKER_ENABLED=false") || !strings.Contains(body, "panicked") || strings.Contains(body, "patient.example") {
		t.Errorf("components are wrong: %s", body)
	}
}

func TestAWebPageCannotReadTheStatus(t *testing.T) {
	server := serve(t, health.NewRegistry())
	for _, path := range []string{"/livez", "/readyz", "/status", "/metrics"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "attacker.example"
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s is answered with %d under a name that was rebound", path, answer.StatusCode)
		}
	}
}

func TestDrainingIsNotReadyButAlive(t *testing.T) {
	r := health.NewRegistry()
	r.Drain()
	if r.Ready().OK || !r.Live().OK {
		t.Errorf("ready %+v, live %+v", r.Ready(), r.Live())
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	taken := serve(t, health.NewRegistry()).Addr()
	err := health.NewServer(taken, http.NotFoundHandler(), zap.NewNop()).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "HEALTH_ADDR "+taken) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v", err)
	}
}

func TestAProbeAsksAProgramThatListensOnAllInterfaces(t *testing.T) {
	r := health.NewRegistry()
	_, port, err := net.SplitHostPort(serve(t, r).Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port} {
		if err := health.Probe(t.Context(), addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	r.AddReady("sending", func() error { return errors.New("halted") })
	if err := health.Probe(t.Context(), "0.0.0.0:"+port); err != nil {
		t.Errorf("an outage must not restart the program: %v", err)
	}
	r.AddLive("loop", func() error { return errors.New("nothing moves") })
	if err := health.Probe(t.Context(), "0.0.0.0:"+port); err == nil || !strings.Contains(err.Error(), "nothing moves") {
		t.Errorf("got %v", err)
	}
	if health.Probe(t.Context(), "127.0.0.1:0") == nil || health.Probe(t.Context(), "nonsense") == nil {
		t.Error("an address that cannot be asked counts as alive")
	}
}
