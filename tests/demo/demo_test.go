// Package demo holds the test of the demo as a visitor sees it: in a browser.
package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kafka-notifications/kafka-notifications/tests/browser"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// start runs the demo and returns the address of its page.
func start(t *testing.T) (demo *harness.Process, url string) {
	t.Helper()
	binary := harness.NewBinaries(t.TempDir()).Path(t, "tools/notifyctl")
	demo = harness.StartIn(t, harness.Root(t), binary, nil, "demo", "--rate", "2", "--addr", "127.0.0.1:0")
	address := regexp.MustCompile(`Inbox and controls +(http://\S+)`)
	harness.Await(t, 5*time.Minute, "the demo's page", func() bool {
		if found := address.FindStringSubmatch(demo.Log()); found != nil {
			url = found[1]
		}
		return url != "" || !demo.Running()
	})
	if url == "" {
		t.Fatal("the demo has ended")
	}
	return demo, url
}

// message is a JavaScript expression: the number of the newest message to a
// recipient that says so in its subject or its beginning, which is false while
// there is none.
func message(recipient, says string) string {
	return `[...document.querySelectorAll(".item")].find(i => i.querySelector(".who").textContent === ` + strconv.Quote(recipient) +
		` && i.innerText.includes(` + strconv.Quote(says) + `))?.dataset.seq`
}

// A visitor moves the appointment of an e-mail, cancels it, and switches SMS on;
// the messages appear. Nothing is lost or doubled.
func TestTheDemosButtonsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	demo, url := start(t)
	page := browser.Open(t, url)
	const valid = "@patients.example"
	booked := page.Await("a confirmation in English, which every other patient reads", `[...document.querySelectorAll(".item")].
		find(i => i.innerText.includes("`+valid+`") && i.innerText.includes("Appointment confirmed"))?.dataset.seq`)
	recipient := page.Await("its recipient", `document.querySelector(".item[data-seq='`+booked+`'] .who")?.textContent`)
	page.Click(`//a[@data-seq="` + booked + `"]`)
	// Until it is loaded, the page still shows the newest message and its buttons.
	page.Await("the buttons of the message", `document.querySelector(".message-actions:not(:empty)")?.dataset.recipient === `+strconv.Quote(recipient))
	search(page, recipient)

	page.Press("Move")
	page.Await("what the button did", `document.querySelector("#toast:not([hidden])")?.textContent.includes("was moved")`)
	moved := page.Await("the moved appointment", message(recipient, "Appointment moved"))
	page.Click(`//a[@data-seq="` + moved + `"]`)
	page.Await("the moved appointment to be open", `document.querySelector(".mail-head h1")?.textContent.startsWith("Appointment moved")`)

	page.Press("Cancel")
	page.Await("the cancellation", message(recipient, "Appointment cancelled"))

	page.Press("Toll-free approved")
	page.Await("the switch to be on", `[...document.querySelectorAll("#actions button")].find(b => b.textContent === "Toll-free approved").ariaPressed === "true"`)
	page.Click(`//nav//a[starts-with(normalize-space(), "SMS")]`)
	page.Await("a text message", `[...document.querySelectorAll(".item")].find(i => i.innerText.includes("appointment confirmed"))?.dataset.seq`)

	// The page would go on asking a server that has ended, and call that an error.
	page.Do(chromedp.Navigate("about:blank"))
	demo.Signal(syscall.SIGINT)
	if code := demo.Wait(time.Minute); code != 0 || !strings.Contains(demo.Log(), "lost 0   doubled 0") {
		t.Errorf("the demo ended with %d", code)
	}
}

// A demo that is killed takes its services along.
func TestNothingOfAKilledDemoGoesOn(t *testing.T) {
	t.Parallel()
	demo, _ := start(t)
	services := children(t, demo.PID())
	if len(services) < 3 {
		t.Fatalf("the demo has %d children", len(services))
	}
	demo.Kill()
	harness.Await(t, time.Minute, "its services are gone", func() bool {
		return !slices.ContainsFunc(services, func(pid int) bool { return syscall.Kill(pid, 0) == nil })
	})
}

// children returns the processes that a process has started.
func children(t *testing.T, parent int) (pids []int) {
	t.Helper()
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil || len(all) == 0 {
		if kafkatest.InCI() {
			t.Fatal("this system does not list children")
		}
		t.Skip("this system does not list children")
	}
	for _, file := range all {
		list, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended
		}
		for _, field := range strings.Fields(string(list)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// search shows only what has these words.
func search(page *browser.Page, words string) {
	value, _ := json.Marshal(words)
	page.Do(chromedp.SendKeys(`//input[@id="search"]`, words))
	page.Await("only what was searched for", `[...document.querySelectorAll(".item .who")].every(w => w.textContent === `+string(value)+`)`)
}
