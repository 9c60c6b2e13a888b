package console

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func credentials() Config {
	return Config{Operator: Account{"olga", "correct horse"}, Reader: Account{"rita", "battery staple"}}
}

// mutating are the addresses of all routes that are no GET, as the source registers
// them.
func mutating(t *testing.T) (paths []string) {
	t.Helper()
	source, err := embedSource.ReadFile("console.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`mux\.Handle(?:Func)?\("([A-Z]+) ([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		if m[1] != http.MethodGet {
			paths = append(paths, strings.ReplaceAll(m[2], "{id}", replaytest.ID(0)))
		}
	}
	if len(paths) < 5 {
		t.Fatalf("only %d routes are found: %v", len(paths), paths)
	}
	return paths
}

func TestNobodyButTheOperatorOfThisSiteChangesAnything(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(3)
	writable, fixed := credentials(), credentials()
	fixed.ReadOnly = true
	r := open(t, b, writable)
	readOnly := open(t, b, fixed)
	form := r.as("olga", "correct horse").confirmation("/replay?selected=1&id=" + replaytest.ID(0))
	elsewhere := func(name, value string) *rig {
		other := r.as("olga", "correct horse")
		other.header.Set(name, value)
		return other
	}
	for who, c := range map[string]struct {
		rig  *rig
		want int
	}{
		"nobody":              {r, http.StatusUnauthorized},
		"a wrong password":    {open(t, b, writable).as("olga", "battery staple"), http.StatusUnauthorized},
		"the reader":          {r.as("rita", "battery staple"), http.StatusForbidden},
		"the read-only one":   {readOnly.as("olga", "correct horse"), http.StatusForbidden},
		"a site, by its mark": {elsewhere("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"a sibling site":      {elsewhere("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		"a site, by origin":   {elsewhere("Origin", "https://evil.example"), http.StatusForbidden},
		"a null origin":       {elsewhere("Origin", "null"), http.StatusForbidden},
	} {
		for _, path := range mutating(t) {
			// After some wrong passwords no more are tried.
			a := c.rig.post(path, form)
			if c.want == http.StatusUnauthorized && a.code == http.StatusTooManyRequests {
				a.code = c.want
			}
			if a.code != c.want {
				t.Errorf("%s posts to %s: %d, want %d", who, path, a.code, c.want)
			}
			if a = c.rig.do(http.MethodPut, path, form); a.code < 400 {
				t.Errorf("%s puts to %s: %d", who, path, a.code)
			}
		}
	}
	for _, topic := range []string{topics.Resolutions, topics.Audit} {
		if n := len(b.Read(topic)); n != 0 {
			t.Errorf("%d records in %s", n, topic)
		}
	}
	// The same form of the operator's own is done: the refusals above had this one reason.
	b.Work(replaytest.Accept)
	if a := r.as("olga", "correct horse").post("/replay", form); a.code != http.StatusSeeOther {
		t.Errorf("the operator's own: %d\n%s", a.code, a.body)
	}
	if who := b.Audits()[0].Who; who != "olga" {
		t.Errorf("the audit names %q", who)
	}
}

func TestNoGetChangesAnything(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(3)
	r := open(t, b, Config{})
	for _, path := range []string{"/", "/replay", "/replay?" + r.confirmation("/replay").Encode(), "/discard?channel=sms&reason=x&count=3", "/jobs", "/letters/" + replaytest.ID(1), "/letters/" + replaytest.ID(1) + "/story", "/appointments/a-1"} {
		r.get(http.StatusOK, path)
	}
	for _, path := range mutating(t) {
		if a := r.do(http.MethodGet, path+"?reason=x&count=1", nil); a.code == http.StatusSeeOther {
			t.Errorf("GET %s is answered with %d", path, a.code)
		}
	}
	for _, topic := range []string{topics.Resolutions, topics.Audit} {
		if n := len(b.Read(topic)); n != 0 {
			t.Errorf("%d records in %s", n, topic)
		}
	}
}

func TestGuessedPasswordsAreCounted(t *testing.T) {
	r := open(t, replaytest.New(t), credentials())
	for n := range maxFailures {
		if a := r.as("olga", fmt.Sprint("guess ", n)).do(http.MethodGet, "/", nil); a.code != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", n, a.code)
		}
	}
	if a := r.as("olga", "correct horse").do(http.MethodGet, "/", nil); a.code != http.StatusTooManyRequests || a.Get("Retry-After") == "" {
		t.Errorf("after %d guesses the right password is answered with %d", maxFailures, a.code)
	}
	if a := r.do(http.MethodGet, "/", nil); a.code != http.StatusUnauthorized {
		t.Errorf("without a password: %d", a.code)
	}
}

func TestRightPasswordsAreNotCounted(t *testing.T) {
	r := open(t, replaytest.New(t), credentials())
	for range 3 * maxFailures {
		r.as("rita", "battery staple").get(http.StatusOK, "/")
	}
}

func TestWithoutAPasswordOnlyALoopbackHostIsAnswered(t *testing.T) {
	r := open(t, replaytest.New(t), Config{})
	r.get(http.StatusOK, "/")
	r.header.Set("Host", "rebound.example")
	r.get(http.StatusMisdirectedRequest, "/")
	r.header.Set("Host", "localhost:8090")
	r.get(http.StatusOK, "/")
}

func TestPathsAreTakenAsTheyAreOrNotAtAll(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(1)
	cfg := credentials()
	cfg.BasePath = "/ops/letters"
	r := open(t, b, cfg)
	for _, path := range []string{"/ops/letters/", "/ops/letters/jobs", "/jobs", "/ops/letters/assets/base.css"} {
		r.as("rita", "battery staple").get(http.StatusOK, path)
		r.get(http.StatusUnauthorized, path)
	}
	for _, path := range []string{"//evil.example/", "/ops/letters//jobs", "/ops/letters/../jobs", "/ops/letters/%2e%2e/jobs", "/ops/letters/assets/../console.go", "/assets/%2e%2e/pages/list.html", "/ops/letters/assets/..%2fpages%2flist.html", "/ops/lettersx", "/letters/..%2f..%2f"} {
		a := r.as("rita", "battery staple").do(http.MethodGet, path, nil)
		if a.code != http.StatusNotFound {
			t.Errorf("%s: %d %s\n%s", path, a.code, a.Get("Location"), a.body)
		}
		if a := r.do(http.MethodGet, path, nil); a.code == http.StatusOK || strings.HasPrefix(a.Get("Location"), "//") {
			t.Errorf("%s without a password: %d", path, a.code)
		}
	}
	page := r.as("rita", "battery staple").get(http.StatusOK, "/ops/letters/")
	if !strings.Contains(page, `href="/ops/letters/letters/`) || strings.Contains(page, `"/assets/`) || strings.Contains(page, "Replay all") {
		t.Error(page)
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(1)
	r := open(t, b, credentials())
	for _, path := range []string{"/", "/nothing", "/assets/console.js", "/letters/" + replaytest.ID(0), "//x"} {
		for _, visitor := range []*rig{r, r.as("olga", "correct horse")} {
			h := visitor.do(http.MethodGet, path, nil).Header
			policy := h.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("%s: policy %q", path, policy)
			}
			if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %v", path, h)
			}
		}
	}
}

func TestRevealIsInTheAuditBeforeAnythingIsShown(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(2)
	r := open(t, b, credentials()).as("olga", "correct horse")
	const number = "15550100001"
	if page := r.get(http.StatusOK, "/letters/"+replaytest.ID(1)); strings.Contains(page, number) {
		t.Error("the number is shown")
	}
	a := r.post("/letters/"+replaytest.ID(1)+"/reveal", url.Values{})
	if a.code != http.StatusOK || !strings.Contains(a.body, number) {
		t.Errorf("%d\n%s", a.code, a.body)
	}
	if audits := b.Audits(); len(audits) != 1 || audits[0].Action != replay.ActionReveal || audits[0].Who != "olga" || audits[0].Filter.IDs[0] != replaytest.ID(1) {
		t.Errorf("%+v", audits)
	}
}
