package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// attacks are texts that would do something if they were taken for more than text.
func attacks() []string {
	return []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `{{.Body}}`, `'-alert(1)-'`,
		"\u202Egnp.exe\u2066", "\x1b]8;;http://evil.example\x07", "</pre></main><form action=//evil.example>",
		strings.Repeat("<b>", 80_000), strings.Repeat("\u202E", 80_000),
	}
}

func TestWhatStandsInDeadLettersIsShownAsText(t *testing.T) {
	b := replaytest.New(t)
	var records []*kgo.Record
	for n, whole := range attacks() {
		attack := whole[:min(len(whole), 20_000)]
		d := replaytest.Valid(n, domain.Class(attack), time.Now())
		d.Failure.Code, d.Failure.Detail = attack, attack
		d.Record.Key = []byte(attack)
		d.Record.Value = fmt.Appendf(nil, `{"appointment_id":%q,"x":%q}`, attack, whole)
		d.Record.Headers = append(d.Record.Headers, ports.Header{Key: attack, Value: []byte(attack)})
		own := envelope.Record(b.Config.Topics.DLQ, d, attack[:min(len(attack), 200)])
		foreign := &kgo.Record{Topic: b.Config.Topics.DLQ, Partition: int32(n % 3), Key: []byte(attack), Value: []byte(whole), Headers: []kgo.RecordHeader{
			{Key: "kafka_dlt-original-topic", Value: []byte(attack)}, {Key: "kafka_dlt-exception-fqcn", Value: []byte(attack)}, {Key: "kafka_dlt-exception-message", Value: []byte(attack)},
		}}
		records = append(records, own, foreign)
	}
	b.Produce(records...)
	r := open(t, b, Config{})
	known, _ := r.desk.Known()
	paths := []string{"/", "/replay", "/jobs", "/appointments/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/?text=" + url.QueryEscape(attacks()[0]), "/?class=" + url.QueryEscape(attacks()[1])}
	for _, item := range known.Index.Page(index.Filter{}, 0, 100).Items {
		paths = append(paths, "/letters/"+item.ID, "/letters/"+item.ID+"/story")
		if a := r.post("/letters/"+item.ID+"/reveal", url.Values{}); a.code != http.StatusOK {
			t.Errorf("reveal: %d", a.code)
		} else {
			harmless(t, "revealed "+item.ID, a.body)
		}
	}
	for _, path := range paths {
		a := r.do(http.MethodGet, path, nil)
		if a.code != http.StatusOK && a.code != http.StatusUnprocessableEntity {
			t.Errorf("%.60s: %d", path, a.code)
		}
		harmless(t, path, a.body)
	}
}

// harmless wants the markup of our own pages and no other.
func harmless(t *testing.T, path, page string) {
	t.Helper()
	for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript:`, "<b><b>", "\u202E", "\u2066", "\x1b", "<form action=//evil"} {
		if strings.Contains(page, bad) {
			t.Errorf("%.60s holds %q", path, bad)
		}
	}
}

func TestFormsThatNobodyFilledInAreRefused(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(60)
	r := open(t, b, Config{})
	good := r.confirmation("/replay")
	for what, spoil := range map[string]func(url.Values){
		"no reason":             func(f url.Values) { f.Del("reason") },
		"a blank reason":        func(f url.Values) { f.Set("reason", "  ") },
		"no number":             func(f url.Values) { f.Del("count") },
		"another number":        func(f url.Values) { f.Set("count", "6") },
		"no bounds":             func(f url.Values) { f.Del("bounds") },
		"broken bounds":         func(f url.Values) { f.Set("bounds", "0:x,;") },
		"no job":                func(f url.Values) { f.Del("job") },
		"a job of one's own":    func(f url.Values) { f.Set("job", "../../jobs") },
		"no digest":             func(f url.Values) { f.Del("digest") },
		"another digest":        func(f url.Values) { f.Set("digest", strings.Repeat("0", 32)) },
		"a wider filter":        func(f url.Values) { f.Set("status", "all"); f.Set("bounds", "0:1") },
		"a rate that is none":   func(f url.Values) { f.Set("rate", "NaN") },
		"a negative rate":       func(f url.Values) { f.Set("rate", "-1") },
		"a limit with a letter": func(f url.Values) { f.Set("limit", "1O") },
		"a negative limit":      func(f url.Values) { f.Set("limit", "-5") },
		"a limit of nothing":    func(f url.Values) { f.Set("limit", "0") },
		"more than is selected": func(f url.Values) { f.Set("selected", "1") },
		"a filter unknown here": func(f url.Values) { f.Set("class=invalid_event", "") },
		"a large field":         func(f url.Values) { f.Set("text", strings.Repeat("x", 300<<10)) },
	} {
		form := clone(good)
		spoil(form)
		if a := r.post("/replay", form); a.code < 400 {
			t.Errorf("%s: %d", what, a.code)
		}
	}
	if n := len(b.Read(b.Config.Topics.ReplayFor(domain.SMS))); n != 0 {
		t.Errorf("%d replays", n)
	}
}
