package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// TestAServerWithAllTheDeadLettersThatItCanHoldFitsItsMemory reads the resident
// size of the real program at its highest: after it has read the topic and shown
// some pages of it.
func TestAServerWithAllTheDeadLettersThatItCanHoldFitsItsMemory(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	const chunk = 10_000
	for from := 0; from < index.DefaultLimit; from += chunk {
		var letters []ports.DeadLetter
		for n := range chunk {
			letters = append(letters, failed(from+n))
		}
		s.Bury(letters...)
	}
	s.env["HEALTH_ADDR"], s.env["CONSOLE_ADDR"] = freeAddress(t), freeAddress(t)
	server, _ := s.start(program(t), "serve")
	s.await(func() bool { return s.get("/readyz") != "" })
	for _, page := range []string{"/", "/?class=invalid_event", "/?q=a-1", "/"} {
		answer, err := http.Get("http://" + s.env["CONSOLE_ADDR"] + page)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", page, answer.Status)
		}
	}
	const budget = 64<<20 + 300*index.DefaultLimit
	peak := highest(t, server.Process.Pid)
	t.Logf("%d MiB at the highest with %d dead letters, the budget is %d MiB", peak>>20, index.DefaultLimit, budget>>20)
	if peak > budget {
		t.Errorf("%d bytes at the highest, the budget is %d", peak, budget)
	}
}

// failed is the n-th dead letter of a bad day: e-mails and texts of four classes,
// ids of 12 to 36 characters.
func failed(n int) ports.DeadLetter {
	d := replaytest.Letter(n, domain.Channels()[n%2], domain.Classes()[n%4])
	id := fmt.Sprintf("a-%010d%s", n, strings.Repeat("7", n%25))
	d.Failure.Code, d.Failure.Detail = fmt.Sprintf("provider.%d", 400+n%40), fmt.Sprintf("%080d", n%40)
	d.Record.Key = []byte(id)
	d.Record.Value = fmt.Appendf(nil, `{"appointment_id":%q,"phone_e164":"+15550100001","filling":%q}`, id, strings.Repeat("x", 500))
	return d
}

// highest returns the largest resident size that the process has had, in bytes.
func highest(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatal("the kernel does not tell")
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
