package browser

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// Scripts switches the page's scripts on or off, from the next page on.
func (p *Page) Scripts(on bool) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// Size sets the size of the page's window.
func (p *Page) Size(width, height int64) {
	p.t.Helper()
	p.Do(chromedp.EmulateViewport(width, height))
}

// Picture writes what the window shows to a PNG file.
func (p *Page) Picture(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// axeVersion is the one that tools/testenv/axe sets up.
const axeVersion = "4.14.1"

// Accessible lets axe-core look at the page. What it calls serious or critical
// fails the test; without axe-core nothing is looked at, but not with CI=true.
func (p *Page) Accessible(what string) {
	p.t.Helper()
	source, err := os.ReadFile(filepath.Join(harness.Root(p.t), ".build", "axe-core", axeVersion, "axe.min.js"))
	if err != nil {
		if kafkatest.InCI() {
			p.t.Fatalf("%v: run tools/testenv/axe", err)
		}
		p.t.Logf("%s is not looked at: %v", what, err)
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](string(source)+`;
		axe.run(document).then(r => JSON.stringify(r.violations.filter(v => v.impact === "serious" || v.impact === "critical")
			.map(v => ({rule: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: axe-core: %v", what, err)
	}
	var faults []struct {
		Rule, Help string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(found), &faults); err != nil {
		p.t.Fatalf("%s: %v: %s", what, err, found)
	}
	for _, f := range faults {
		p.t.Errorf("%s: %s: %s\n%s", what, f.Rule, f.Help, f.Nodes)
	}
}

// Key is the press of a key that writes one character, as a keyboard does it: a
// page that handles the key keeps the character from being written.
func Key(character string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, event := range []input.DispatchKeyEventParams{
			{Type: input.DispatchKeyEventTypeKeyDown, Key: character, Text: character},
			{Type: input.DispatchKeyEventTypeKeyUp, Key: character},
		} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, event); err != nil {
				return err
			}
		}
		return nil
	})
}
