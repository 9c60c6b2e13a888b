package cli_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
)

// press confirms the replay of everything as a browser does that has its preview
// on the screen.
func press(handler http.Handler, preview string) int {
	form := url.Values{"reason": {"pressed"}, "rate": {"2000"}, "count": {"80"}}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`).FindAllStringSubmatch(preview, -1) {
		form.Set(field[1], field[2])
	}
	request := httptest.NewRequest(http.MethodPost, "http://localhost/replay", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code
}

func TestPressedInTwoBrowsersAndATerminalItIsOneJobAndOneSendEach(t *testing.T) {
	s := newShell(t)
	s.Fill(80)
	w := s.Work(replaytest.Accept)
	handlers := make([]http.Handler, 2)
	previews := make([]string, 3)
	for i := range handlers {
		handlers[i] = s.page(func(k serve.Known) bool { held, _, _ := k.Index.Size(); return held == 80 })
	}
	for i := range previews {
		recorder := httptest.NewRecorder()
		handlers[i%2].ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "http://localhost/replay", nil))
		previews[i] = recorder.Body.String()
	}
	codes := make([]int, 5)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			switch i {
			case 4:
				var out strings.Builder
				codes[i] = cli.Run(runtimefx.Process{Args: []string{"replay", "--yes", "--reason", "pressed"}, Env: s.env, Stdout: &out, Stderr: &out})
			case 3: // The same preview, a second time.
				codes[i] = press(handlers[0], previews[0])
			default:
				codes[i] = press(handlers[i%2], previews[i])
			}
		})
	}
	all.Wait()
	for i, code := range codes[:4] {
		if code != http.StatusSeeOther && code != http.StatusConflict {
			t.Errorf("browser %d is answered with %d", i, code)
		}
	}
	if codes[4] != cli.ExitOK && codes[4] != cli.ExitBusy {
		t.Errorf("the terminal: exit code %d", codes[4])
	}
	s.await(func() bool { sent, _ := w.Sent(); return sent == 80 })
	_, book, err := s.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if jobs := book.Jobs(); len(jobs) != 1 {
		t.Errorf("%d jobs, want one", len(jobs))
	}
	if sent, repeated := w.Sent(); sent != 80 || repeated != 0 || len(s.Read(s.Config.Topics.ReplayFor(domain.SMS))) != 80 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}
