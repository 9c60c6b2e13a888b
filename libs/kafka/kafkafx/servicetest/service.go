// Package servicetest boots a service in a test: its real wiring and settings,
// an in-memory Kafka, and its health address as an operator sees it.
package servicetest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// Validate checks that everything the service needs is provided, without starting it.
// It uses only the settings in env.
func Validate[T runtimefx.Settings](t *testing.T, env config.Env, options func(T) fx.Option) {
	t.Helper()
	if err := fx.ValidateApp(wiring(t, env, options)); err != nil {
		t.Error(err)
	}
}

// Service is one that runs.
type Service struct {
	t      *testing.T
	health *health.Server
}

// Boot runs the service with exactly these variables until the test ends. It
// takes a free health address and logs errors only.
func Boot[T runtimefx.Settings](t *testing.T, env config.Env, options func(T) fx.Option) *Service {
	t.Helper()
	env["HEALTH_ADDR"], env["LOG_LEVEL"] = "127.0.0.1:0", "error"
	s := &Service{t: t}
	program := fx.New(fx.NopLogger, wiring(t, env, options), fx.Populate(&s.health))
	if err := program.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), program.StopTimeout())
		defer cancel()
		if err := program.Stop(stop); err != nil {
			t.Error(err)
		}
	})
	return s
}

// wiring returns the options that runtimefx.Main would run.
func wiring[T runtimefx.Settings](t *testing.T, env config.Env, options func(T) fx.Option) fx.Option {
	t.Helper()
	cfg, _, err := config.Load[T](env)
	if err != nil {
		t.Fatal(err)
	}
	return fx.Options(runtimefx.Module(cfg.Shared(), cfg.Program(), build.Read(cfg.Program().Name, "")), options(cfg))
}

// Get asks the health address for a path and returns status and body.
func (s *Service) Get(path string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.health.Addr()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// Outcomes is a channel worker's own count.
type Outcomes struct {
	Sent         int64 `json:"sent"`
	Skipped      int64 `json:"skipped"`
	DeadLettered int64 `json:"dead_lettered"`
}

// AwaitOutcomes waits until the worker has finished with n events.
func (s *Service) AwaitOutcomes(n int64) Outcomes {
	s.t.Helper()
	var o Outcomes
	s.Await("outcomes of all events", func() bool {
		o = s.outcomes()
		return o.Sent+o.Skipped+o.DeadLettered >= n
	})
	return o
}

func (s *Service) outcomes() Outcomes {
	s.t.Helper()
	_, body := s.Get("/status")
	var status struct {
		Components struct {
			Delivery []Outcomes `json:"delivery"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil || len(status.Components.Delivery) != 1 {
		s.t.Fatalf("%v: %s", err, body)
	}
	return status.Components.Delivery[0]
}

// Await waits until ok holds, at most 30 seconds.
func (s *Service) Await(what string, ok func() bool) {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("never: %s", what)
		}
	}
}
