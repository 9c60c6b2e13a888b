package console

import (
	"bufio"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// A change between the making of a page and the beginning of its stream is reported by
// the stream's first event.
func TestAPageThatIsOlderThanItsStreamIsNoticed(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(3)
	b.Work(replaytest.Accept)
	r := open(t, b, Config{})
	page := r.get(http.StatusOK, "/")
	if at := r.moment(page); at == "" || at != r.streamed() {
		t.Fatalf("without a change the page is of %q, the stream of %q", at, r.streamed())
	}
	job := r.post("/replay", r.confirmation("/replay?class=recipient_rejected"))
	r.await("the job is done", func() bool {
		return strings.Contains(r.get(http.StatusOK, job.Get("Location")), "done: 3 of 3")
	})
	if r.moment(page) == r.streamed() {
		t.Error("the stream takes the page from before for one of now")
	}
	for _, path := range []string{"/", "/jobs", job.Get("Location")} {
		if at := r.moment(r.get(http.StatusOK, path)); at != r.streamed() {
			t.Errorf("%s is of %q, the stream of %q", path, at, r.streamed())
		}
	}
}

// moment returns the moment that a page says it is of.
func (r *rig) moment(page string) string {
	found := regexp.MustCompile(`<body [^>]*data-live="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		r.Fatal(page)
	}
	return html.UnescapeString(found[1])
}

// streamed returns the first moment of a stream that begins now.
func (r *rig) streamed() string {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.url+"/live", nil)
	if err != nil {
		r.Fatal(err)
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer got.Body.Close()
	for lines := bufio.NewScanner(got.Body); lines.Scan(); {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			return data
		}
	}
	r.Fatal("the stream ended")
	return ""
}
