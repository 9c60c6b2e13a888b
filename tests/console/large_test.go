package console

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// bury puts dead letters into their topic that no worker made: from the first on,
// n of them, of four classes in turn. It returns the events of the first class.
func (c *console) bury(first, n int) (rejected []harness.Event) {
	c.T.Helper()
	classes := []domain.Class{domain.ClassRecipientRejected, domain.ClassMessageRejected, domain.ClassRetriesExhausted, domain.ClassInvalidEvent}
	records := make([]*kgo.Record, 0, n)
	for i := first; i < first+n; i++ {
		e := harness.NewEvent(fmt.Sprintf("dead-%d", i))
		if i%len(classes) == 0 {
			rejected = append(rejected, e)
		}
		now := time.Now().Truncate(time.Millisecond)
		records = append(records, envelope.Record(c.DLQ, ports.DeadLetter{
			Channel: domain.Email, Attempts: 1, FirstFailedAt: now, FailedAt: now,
			Failure: &domain.Failure{Class: classes[i%len(classes)], Code: "mailgun.400", Detail: "made by a test"},
			Record: &ports.Record{
				Topic: c.Source, Partition: int32(i % 6), Offset: int64(i / 6), Timestamp: now, Key: []byte(fmt.Sprint(e["appointment_id"])), Value: harness.JSON(e),
			},
		}, c.Group))
	}
	client := c.Broker.Client(c.T, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := client.ProduceSync(c.T.Context(), records...).FirstErr(); err != nil {
		c.T.Fatal(err)
	}
	return rejected
}

// post sends a form and returns where it leads.
func (c *console) post(path string, form url.Values) string {
	c.T.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(c.url+path, form)
	if err != nil {
		c.T.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		c.T.Fatalf("%s is answered with %d", path, answer.StatusCode)
	}
	return answer.Header.Get("Location")
}

// confirm is the form of a preview, filled in.
func (c *console) confirm(preview, count, rate string) url.Values {
	c.T.Helper()
	form := url.Values{"reason": {"repaired"}, "count": {count}, "rate": {rate}}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`).FindAllStringSubmatch(c.get(preview), -1) {
		form.Add(field[1], html.UnescapeString(field[2]))
	}
	return form
}

// passed is how many dead letters the job is through with.
func (c *console) passed(job string) int {
	m := regexp.MustCompile(`role="status" aria-live="polite">[a-z ]+: ([0-9\x{202f}]+) of`).FindStringSubmatch(c.get(job))
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.ReplaceAll(m[1], "\u202f", ""))
	return n
}

// took is how long the faster of two requests takes.
func (c *console) took(path string) time.Duration {
	best := time.Hour
	for range 2 {
		begin := time.Now()
		c.get(path)
		best = min(best, time.Since(begin))
	}
	return best
}

// resident is how much memory the process has, in MiB; 0 where that is not known.
func resident(p *harness.Process) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if m := regexp.MustCompile(`VmRSS:\s+([0-9]+) kB`).FindSubmatch(status); err == nil && m != nil {
		n, _ := strconv.Atoi(string(m[1]))
		return n / 1024
	}
	return 0
}

func TestAllThatMatchesIsReplayedOnceWhateverHappensToTheJob(t *testing.T) {
	c := open(t, nil)
	want := c.bury(0, 5000)
	harness.Await(t, time.Minute, "all dead letters", func() bool { return strings.Contains(c.get("/"), "<b>5\u202f000</b> dead letters") })
	t.Logf("5,000 dead letters: first page %s, filtered %s, preview with forecast %s, resident %d MiB",
		c.took("/"), c.took("/?class=recipient_rejected"), c.took("/replay?class=recipient_rejected"), resident(c.serve))
	if preview := c.get("/replay?class=recipient_rejected"); !strings.Contains(preview, "1250 match, 1250 would be replayed") || !strings.Contains(preview, "The ledgers say: 1250 to send.") {
		t.Fatal(preview)
	}
	job := c.post("/replay", c.confirm("/replay?class=recipient_rejected", "1250", "200"))
	harness.Await(t, time.Minute, "half of it", func() bool { return c.passed(job) >= 600 })
	c.bury(5000, 200) // What comes later is no part of it.
	c.post(job+"/cancel", url.Values{"reason": {"wrong filter"}})
	harness.Await(t, time.Minute, "the end of the job", func() bool { return strings.Contains(c.get(job), "cancelled: ") })
	at := c.passed(job)
	if at >= 1250 {
		t.Fatalf("the job was through with %d before it was cancelled", at)
	}
	c.post(job+"/resume", url.Values{"reason": {"the filter was right"}})
	harness.Await(t, time.Minute, "some more", func() bool { return c.passed(job) > at+100 })
	t.Logf("resident with a job: %d MiB", resident(c.serve))
	c.serve.Kill()
	c.serve, c.url = c.start(t, nil)
	harness.Await(t, 2*time.Minute, "the job, carried on by another process", func() bool { return strings.Contains(c.get(job), "done: 1\u202f250 of 1\u202f250") })
	page := c.get(job)
	if !strings.Contains(page, "<b>1\u202f250</b> sent") || !strings.Contains(page, "Nothing has ended otherwise") {
		t.Error(page)
	}
	if lost, doubled := c.Judge(want); lost+doubled > 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	harness.Await(t, time.Minute, "what came later, untouched", func() bool {
		return strings.Contains(c.get("/?class=recipient_rejected"), "<b>50</b> dead letters match")
	})
}
