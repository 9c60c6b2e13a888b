package console

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
)

// rig is a console with a broker of its own.
type rig struct {
	*replaytest.Broker
	console *Console
	desk    *serve.Server
	url     string
	// user and password are sent with each request, if there are any.
	user, password string
	// header is added to each request.
	header http.Header
}

// open serves a console of what b holds for as long as the test lasts.
func open(t *testing.T, b *replaytest.Broker, cfg Config) *rig {
	t.Helper()
	desk := serve.New(b.Config, zap.NewNop())
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- desk.Run(ctx) }()
	client, err := kgo.NewClient(b.Config.Opts...)
	if err != nil {
		t.Fatal(err)
	}
	reader := history.Reader{Client: client, Topics: b.Config.Topics}
	c, err := New(cfg, desk, NewStories(reader.Read), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	handler, err := c.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.Close()
	})
	r := &rig{Broker: b, console: c, desk: desk, url: server.URL, header: make(http.Header)}
	r.await("the dead letters are read", func() bool { _, ok := desk.Known(); return ok })
	return r
}

func (r *rig) await(what string, condition func() bool) {
	r.Helper()
	deadline := time.After(time.Minute)
	for !condition() {
		select {
		case <-deadline:
			r.Fatalf("it did not happen within a minute: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// as returns the rig as another visitor uses it.
func (r *rig) as(user, password string) *rig {
	c := *r
	c.user, c.password, c.header = user, password, r.header.Clone()
	return &c
}

// answer is what came back.
type answer struct {
	code int
	body string
	http.Header
}

func (r *rig) do(method, path string, form url.Values) answer {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), method, r.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range r.header {
		request.Header[name] = values
		if name == "Host" {
			request.Host = values[0]
		}
	}
	if r.user != "" {
		request.SetBasicAuth(r.user, r.password)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		r.Fatal(err)
	}
	return answer{got.StatusCode, string(body), got.Header}
}

// get wants the status and returns the page.
func (r *rig) get(want int, path string) string {
	r.Helper()
	a := r.do(http.MethodGet, path, nil)
	if a.code != want {
		r.Errorf("GET %s: %d, want %d\n%s", path, a.code, want, a.body)
	}
	return a.body
}

func (r *rig) post(path string, form url.Values) answer {
	r.Helper()
	return r.do(http.MethodPost, path, form)
}

// confirmation is the form of a preview, with a reason and, if it asks for that,
// the number typed.
func (r *rig) confirmation(preview string) url.Values {
	r.Helper()
	page := r.get(http.StatusOK, preview)
	form := r.hidden(page)
	form.Set("reason", "repaired")
	form.Set("rate", "2000")
	if n := regexp.MustCompile(`Type ([0-9]+) to confirm`).FindStringSubmatch(page); n != nil {
		form.Set("count", n[1])
	}
	return form
}

// hidden are the hidden fields of a page's form.
func (r *rig) hidden(page string) url.Values {
	form := make(url.Values)
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		form.Add(field[1], strings.NewReplacer("&#43;", "+", "&amp;", "&", "&#34;", `"`).Replace(field[2]))
	}
	return form
}
