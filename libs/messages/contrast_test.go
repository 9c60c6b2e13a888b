package messages_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// leastContrast is what WCAG 2.2 asks for (1.4.3, level AA), and leastSize what
// can be read without a lens; the line about the sender may be smaller.
const (
	leastContrast = 4.5
	leastSize     = 14
)

func TestEveryTextCanBeReadInLightAndDark(t *testing.T) {
	page := messages.StarterLayouts()["layout.html.tmpl"]
	seen := 0
	for _, m := range regexp.MustCompile(`class="([^"]*)" style="([^"]*[^-]color:(#[0-9a-f]{6});[^"]*)"`).FindAllStringSubmatch(page, -1) {
		seen++
		class := m[1][strings.LastIndexByte(m[1], ' ')+1:] // the last of several is the text's
		behind := "card"
		if class == "note" {
			behind = "page"
		}
		light := firstOf(t, page, `class="`+behind+`"[^>]*background-color:(#[0-9a-f]{6})`)
		if got := contrast(m[3], light); got < leastContrast {
			t.Errorf("light: %s on %s (%s) has %.1f", m[3], light, class, got)
		}
		text := firstOf(t, page, `\.`+class+`\b[^{]*\{ color: (#[0-9a-f]{6})`)
		dark := firstOf(t, page, `\.`+behind+` \{ background-color: (#[0-9a-f]{6})`)
		if got := contrast(text, dark); got < leastContrast {
			t.Errorf("dark: %s on %s (%s) has %.1f", text, dark, class, got)
		}
		size, _ := strconv.Atoi(firstOf(t, m[2], `font-size:([0-9]+)px`))
		if class != "note" && size < leastSize {
			t.Errorf("%s has %d px", class, size)
		}
	}
	if seen < 8 {
		t.Errorf("only %d texts were found", seen)
	}
}

func firstOf(t *testing.T, page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no %s", pattern)
	}
	return m[1]
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) float64 {
	var r, g, b int
	_, _ = fmt.Sscanf(colour, "#%02x%02x%02x", &r, &g, &b)
	linear := func(c int) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
