package chaos

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// delayer refuses the first two sends with a delay, which makes it the channel's,
// and notes when the next one came. The delay that ends first counts.
type delayer struct {
	// ask returns how the delay from now on is asked for, and when it ends.
	ask func(now time.Time) (http.Header, string, time.Time)

	mu        sync.Mutex
	refused   int
	end, next time.Time
}

func (d *delayer) provider(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		switch {
		case d.refused < 2:
			headers, text, end := d.ask(time.Now())
			if d.refused++; d.refused == 1 || end.Before(d.end) {
				d.end = end
			}
			for name := range headers {
				w.Header().Set(name, headers.Get(name))
			}
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = fmt.Fprintf(w, `{"message":%q}`, text)
			return
		case d.next.IsZero():
			d.next = time.Now()
		}
		next.ServeHTTP(w, r)
	})
}

func TestADelayThatTheProviderAsksForIsKept(t *testing.T) {
	t.Parallel()
	const delay = 4 * time.Second
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for name, ask := range map[string]func(now time.Time) (http.Header, string, time.Time){
		"Retry-After": func(now time.Time) (http.Header, string, time.Time) {
			return header("Retry-After", "4"), "too many requests", now.Add(delay)
		},
		"Retry-After-date": func(now time.Time) (http.Header, string, time.Time) {
			end := now.Add(delay + time.Second).Truncate(time.Second)
			return header("Retry-After", end.UTC().Format(http.TimeFormat)), "too many requests", end
		},
		"X-RateLimit-Reset": func(now time.Time) (http.Header, string, time.Time) {
			end := now.Add(delay + time.Second).Truncate(time.Second)
			return header("X-Ratelimit-Reset", fmt.Sprint(end.Unix())), "too many requests", end
		},
		"text": func(now time.Time) (http.Header, string, time.Time) {
			const text = "Domain mg.clinic.example is not allowed to send: account-requests-per-sec limit exceeded, try again after 4 seconds"
			return nil, text, now.Add(delay)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &delayer{ask: ask}
			s := newSystem(t, harness.Config{Partitions: 1, Provider: d.provider})
			events := harness.Events("delay", 20)
			s.Publish(events...)
			s.StartWorker(map[string]string{"DELIVERY_CONCURRENCY": "1"})
			s.AwaitDone(time.Minute)
			d.mu.Lock()
			defer d.mu.Unlock()
			// The worker waits by its monotonic clock, dates are of the other one.
			if early := d.end.Sub(d.next); early > 50*time.Millisecond {
				t.Errorf("the next call came %s before the end of the delay", early)
			}
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
		})
	}
}
