package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kafka-notifications/kafka-notifications/tests/browser"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// typeInto types into the field with that name.
func typeInto(page *browser.Page, name, text string) {
	field := `//main//input[@name="` + name + `" and not(@type="hidden")]`
	page.Do(chromedp.WaitVisible(field), chromedp.SendKeys(field, text))
}

// says is an expression: whether the page has that text.
func says(text string) string {
	return fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, text)
}

// scripts is an expression: whether the page's script has run.
const scripts = `!document.getElementById("theme").hidden`

// The tests run one after the other: all jobs of a broker share one lock.
//
// An operator filters, previews, replays, follows the job, corrects a recipient,
// discards and reveals, in light and dark, on a desk and on a phone.
func TestAnOperatorWalksThroughTheConsole(t *testing.T) {
	c := open(t, nil)
	c.refuse("monday", 70)
	broken := harness.NewEvent("broken")
	broken["status"] = "maybe"
	c.Publish(broken)
	c.AwaitDone(time.Minute)
	page := browser.Open(t, c.url)
	page.Size(1400, 900)
	page.Await("all dead letters", says("71 dead letters"))
	picture(t, page, "console")
	page.Accessible("the list")

	// The counts filter, and so do the fields.
	page.Click(`//aside//a[contains(., "invalid event")]`)
	page.Await("the broken one", says("1 dead letter matches"))
	page.Click(`//a[normalize-space()="Clear filters"]`)
	page.Await("all again", says("71 dead letters"))
	typeInto(page, "class", "recipient_rejected")
	page.Press("Filter")
	page.Await("the refused ones", says("70 dead letters match"))

	// While the list is open, another one comes, without a key being pressed.
	c.refuse("late", 1)
	page.Await("the late one", says("71 dead letters match"))

	c.Sandbox.Unscript(c.refusal)
	replayAll(t, page)
	if n := len(c.Accepts()); n != 71 {
		t.Errorf("%d e-mails were accepted, want 71", n)
	}
	correct(t, c, page)
	discard(t, c, page)
	looks(t, c, page)
}

// replayAll replays what the filter selects, after its number was typed.
func replayAll(t *testing.T, page *browser.Page) {
	t.Helper()
	page.Click(`//a[normalize-space()="Replay all matching"]`)
	page.Await("the forecast", says("The ledgers say: 71 to send."))
	picture(t, page, "console-preview")
	page.Accessible("the preview")
	typeInto(page, "reason", "the provider had a bad day")
	typeInto(page, "count", "71")
	page.Click(`//button[@id="confirm"]`)
	page.Await("the job's end", says("done: 71 of 71"))
	page.Await("the page of a job that is over", `document.getElementById("title").innerText.includes("done") && !document.getElementById("cancel")`)
	page.Await("what became of each", says("What became of each"))
	page.Await("as previewed", says("Nothing has ended otherwise than the preview said."))
	picture(t, page, "console-job")
	page.Accessible("the job")
	page.Do(chromedp.Reload())
	page.Await("the job after a reload", says("71\nsent")+" || "+says("71 sent"))
}

// correct replays one dead letter with the right address.
func correct(t *testing.T, c *console, page *browser.Page) {
	t.Helper()
	c.refusal = c.Script(refusal())
	c.refuse("misspelt", 1)
	page.Do(chromedp.Navigate(c.url + "/?text=misspelt"))
	page.Await("the misspelt one", says("1 dead letter matches"))
	page.Click(`//a[@class="open"]`)
	page.Await("its story beside it", says("What happened, the newest first"))
	page.Accessible("a dead letter")
	page.Press("Reveal recipients (audited)")
	page.Await("the recipient", says("misspelt-0@refused.example"))
	page.Click(`//summary[contains(., "Correct the recipient")]`)
	typeInto(page, "recipient", "mara.lind@patients.example")
	page.Press("Preview …")
	page.Await("the preview", says("email to mara.lind@patients.example: to send"))
	page.Accessible("the preview of a correction")
	typeInto(page, "reason", "the patient called")
	page.Press("Replay to this recipient")
	page.Await("the job's end", says("done: 1 of 1"))
	accepts := c.Accepts()
	if last := accepts[len(accepts)-1]; last.Recipient != "mara.lind@patients.example" {
		t.Errorf("the last e-mail went to %s", last.Recipient)
	}
	page.Do(chromedp.SendKeys(`//header//input[@name="id"]`, "misspelt-0\r"))
	page.Await("the appointment", says("Accepted by the provider"))
	if text := page.Await("the page", `document.querySelector("main").innerText`); strings.Contains(text, "@refused") || strings.Contains(text, "@patients") {
		t.Errorf("an address is shown:\n%s", text)
	}
	picture(t, page, "console-appointment")
	page.Accessible("an appointment")
}

// discard marks one.
func discard(t *testing.T, c *console, page *browser.Page) {
	t.Helper()
	page.Do(chromedp.Navigate(c.url + "/?class=invalid_event"))
	page.Await("the broken one", says("1 dead letter matches"))
	page.Click(`//td//input[@name="id"]`)
	page.Press("Discard selected")
	typeInto(page, "reason", "was booked by phone")
	typeInto(page, "count", "1")
	page.Click(`//button[@id="confirm"]`)
	page.Await("the mark", says("1 marked as discarded"))
	page.Do(chromedp.Navigate(c.url + "/"))
	page.Await("nothing else", says("Nothing is left to do."))
	page.Accessible("an empty list")
}

// looks tries what else a page may be looked at with.
func looks(t *testing.T, c *console, page *browser.Page) {
	t.Helper()
	c.refuse("tuesday", 12)
	page.Do(chromedp.Navigate(c.url + "/"))
	page.Await("the new ones", says("12 dead letters"))
	page.Await("the keys", scripts)
	page.Do(browser.Key("t"))
	page.Await("the dark theme", `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor`)
	picture(t, page, "console-dark")
	page.Accessible("the list in the dark")
	page.Size(390, 844)
	for _, path := range []string{"/", "/jobs", "/replay", "/appointments/tuesday-1", "/letters/"} {
		if path == "/letters/" {
			page.Do(chromedp.Navigate(c.url + "/"))
			path += page.Await("a dead letter", `document.querySelector("tr[data-id]")?.dataset.id`)
		}
		page.Do(chromedp.Navigate(c.url + path))
		page.Await("no wider than the phone: "+path, `document.querySelector("main") && document.documentElement.scrollWidth <= 390`)
		page.Accessible(path + " on a phone")
	}
	page.Do(chromedp.Navigate(c.url + "/"))
	page.Await("the list", says("12 dead letters"))
	picture(t, page, "console-phone")
}

// Without a mouse: search, walk, select, preview, confirm.
func TestTheConsoleIsWalkedByKeysAlone(t *testing.T) {
	c := open(t, nil)
	c.refuse("monday", 3)
	page := browser.Open(t, c.url)
	page.Await("the list", says("3 dead letters"))
	page.Await("the keys", scripts)
	page.Do(browser.Key("?"))
	page.Await("the help", `document.querySelector("dialog[open]")`)
	page.Do(chromedp.KeyEvent("\x1b"))
	page.Await("no help", `!document.querySelector("dialog[open]")`)
	page.Do(browser.Key("/"), chromedp.KeyEvent("monday"), chromedp.KeyEvent("\r"))
	page.Await("the search", says("3 dead letters match"))
	page.Await("the keys", scripts)
	// Neither stays selected when the other is: j goes on, x toggles.
	page.Do(browser.Key("j"), browser.Key("x"), browser.Key("j"), browser.Key("x"), browser.Key("x"))
	page.Await("one selected", `document.querySelectorAll("input[name=id]:checked").length === 1`)
	page.Await("no bulk while one is selected", `document.getElementById("bulk").hidden`)
	// Nothing moves under a selection; without it the page catches up, and the keys
	// are where they were.
	c.refuse("monday-late", 1)
	harness.Await(t, time.Minute, "the late one at the server", func() bool { return strings.Contains(c.get("/"), "<b>4</b> dead letters") })
	page.Await("three seconds without a change", `(window.since ??= Date.now(), Date.now() - window.since > 3000) && document.querySelectorAll("tr[data-id]").length === 3`)
	page.Do(browser.Key("k"), browser.Key("x"))
	page.Await("the late one, once nothing is selected", says("4 dead letters match"))
	page.Do(browser.Key("x"))
	page.Await("the same row", `document.querySelector("tr.here input:checked")`)
	c.Sandbox.Unscript(c.refusal)
	page.Do(browser.Key("r"))
	page.Await("the preview", says("1 match, 1 would be replayed"))
	page.Do(chromedp.Focus(`//input[@name="reason"]`), chromedp.KeyEvent("repaired"), chromedp.KeyEvent("\r"))
	page.Await("the job's end", says("done: 1 of 1"))
	if n := len(c.Accepts()); n != 1 {
		t.Errorf("%d e-mails were accepted, want 1", n)
	}
}

// Everything is a form or a link.
func TestTheConsoleNeedsNoScripts(t *testing.T) {
	c := open(t, nil)
	c.refuse("monday", 3)
	c.Sandbox.Unscript(c.refusal)
	page := browser.Open(t, "about:blank")
	page.Scripts(false)
	page.Do(chromedp.Navigate(c.url))
	typeInto(page, "text", "monday")
	page.Press("Filter")
	page.Await("the search", says("3 dead letters match"))
	page.Click(`//td//input[@name="id"]`)
	page.Press("Replay selected")
	typeInto(page, "reason", "repaired")
	page.Click(`//button[@id="confirm"]`)
	page.Await("the job", says("Ordered"))
	harness.Await(t, time.Minute, "one e-mail", func() bool { return len(c.Accepts()) == 1 })
	harness.Await(t, time.Minute, "the worker's word", func() bool { return strings.Contains(c.get("/?status=sent"), "<b>1</b> dead letter") })
	page.Do(chromedp.Navigate(c.url + "/?status=sent"))
	page.Await("the sent one", says("1 dead letter matches"))
	page.Click(`//a[@class="open"]`)
	page.Click(`//a[contains(., "Show what was published")]`)
	page.Await("the story", says("Accepted by the provider"))
}

func TestAReadOnlyConsoleOffersNothingToPress(t *testing.T) {
	c := open(t, map[string]string{"CONSOLE_READ_ONLY": "true"})
	c.refuse("monday", 1)
	page := browser.Open(t, c.url)
	page.Await("the list", says("1 dead letter"))
	page.Await("the reason", `document.body.innerText.includes("The console is read-only")`)
	page.Click(`//a[@class="open"]`)
	page.Await("the dead letter", says("recipient rejected"))
	page.Await("nothing to press", `document.querySelectorAll("main form, main .bar").length === 0`)
	answer, err := http.Post(c.url+"/replay", "application/x-www-form-urlencoded", strings.NewReader("reason=x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a change is answered with %d", answer.StatusCode)
	}
}
