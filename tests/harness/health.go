package harness

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"
)

// Health asks a worker that was started with HEALTH_ADDR=127.0.0.1:0, and logs
// JSON, for one of its health paths. The code is 0 while it does not answer.
func (p *Process) Health(path string) (code int, body []byte) {
	p.t.Helper()
	m := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(p.Log())
	if m == nil {
		return 0, nil
	}
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get("http://" + m[1] + path)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, body
}

// AwaitReady waits until the worker is ready.
func (p *Process) AwaitReady(t testing.TB) {
	t.Helper()
	Await(t, time.Minute, "ready", func() bool {
		code, _ := p.Health("/readyz")
		return code == http.StatusOK
	})
}

// Alerts returns how often the worker has raised each alert, by code.
func (p *Process) Alerts() map[string]int64 {
	p.t.Helper()
	var status struct {
		Components struct {
			Delivery []struct {
				Alerts []struct {
					Code  string
					Count int64
				}
			}
		}
	}
	if code, body := p.Health("/status"); code != 0 {
		if err := json.Unmarshal(body, &status); err != nil {
			p.t.Fatal(err)
		}
	}
	counts := map[string]int64{}
	for _, channel := range status.Components.Delivery {
		for _, alert := range channel.Alerts {
			counts[alert.Code] += alert.Count
		}
	}
	return counts
}

// Queued returns how many records the worker has read and not finished.
func (p *Process) Queued() (int, error) {
	var status struct {
		Components struct {
			Lanes []struct{ Queued int }
		}
	}
	code, body := p.Health("/status")
	if code == 0 {
		return 0, errors.New("no answer")
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return 0, err
	}
	queued := 0
	for _, l := range status.Components.Lanes {
		queued += l.Queued
	}
	return queued, nil
}
