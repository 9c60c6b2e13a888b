// Package browser drives a real browser through our pages.
package browser

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// patience is how long a page may take to show what is waited for. The machine
// may be busy with other tests.
const patience = time.Minute

// Page is a tab of a browser that only this test uses.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu sync.Mutex
	// faults are exceptions and what the browser's console calls an error.
	faults []string
}

// Open shows a page. Exceptions of its scripts, and whatever else the browser's
// console calls an error, fail the test when it ends. Without a browser the test
// is skipped, but not with CI=true.
func Open(t testing.TB, url string) *Page {
	t.Helper()
	path := find(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("lang", "en-GB"), chromedp.WindowSize(1400, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root has none
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, closed := chromedp.NewContext(allocator)
	t.Cleanup(closed)
	p := &Page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(p.judge)
	p.Do(chromedp.Navigate(url))
	return p
}

// find returns the browser's path.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{
		"headless-shell", "headless_shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if kafkatest.InCI() {
		t.Fatal("there is no browser: run tools/testenv/chromium")
	}
	t.Skip("there is no browser: tools/testenv/chromium installs one")
	return ""
}

// watch notes what goes wrong in the page. It must not block.
func (p *Page) watch(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, exception(e.ExceptionDetails))
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError {
			p.faults = append(p.faults, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

func (p *Page) judge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		p.t.Errorf("in the page: %s", f)
	}
}

// Do runs actions one after the other.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for _, action := range actions {
		err := chromedp.Do(ctx, action)
		// The page was replaced between the search for an element and its use.
		for again := 0; err != nil && again < 20 && strings.Contains(err.Error(), "Could not find node with given id"); again++ {
			err = chromedp.Do(ctx, action)
		}
		if err != nil {
			p.t.Fatalf("%v; the page shows:\n%s", err, p.text())
		}
	}
}

// Click clicks on the element that an XPath leads to, once it is visible.
func (p *Page) Click(xpath string) {
	p.t.Helper()
	p.Do(chromedp.WaitVisible(xpath), chromedp.Click(xpath))
}

// Press clicks on the button with this label.
func (p *Page) Press(label string) {
	p.t.Helper()
	p.Click("//button[normalize-space()=" + strconv.Quote(label) + "]")
}

// Await waits until a JavaScript expression is true, and returns its value. It
// survives that the page is left for another one meanwhile.
func (p *Page) Await(what, expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+" || '')"))
		if err == nil && got != "" {
			return got
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%s: not within %s (%v); the page shows:\n%s", what, patience, err, p.text())
		}
	}
}

// text is what a reader sees.
func (p *Page) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}
