package gsm_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

func TestSegmentsAtEveryBoundary(t *testing.T) {
	standard, tollFree := gsm.Standard(), gsm.TollFree()
	for _, c := range []struct {
		name     string
		limits   gsm.Limits
		text     string
		encoding gsm.Encoding
		units    int
		segments int
	}{
		{"nothing", standard, "", gsm.GSM7, 0, 1},
		{"one full message", standard, repeat("a", 160), gsm.GSM7, 160, 1},
		{"one unit too many", standard, repeat("a", 161), gsm.GSM7, 161, 2},
		{"two full parts", standard, repeat("a", 306), gsm.GSM7, 306, 2},
		{"a third part", standard, repeat("a", 307), gsm.GSM7, 307, 3},
		{"three full parts", standard, repeat("a", 459), gsm.GSM7, 459, 3},

		{"extension characters count twice", standard, repeat("€", 80), gsm.GSM7, 160, 1},
		{"an extension character over the end", standard, repeat("a", 159) + "€", gsm.GSM7, 161, 2},
		{"one that would straddle two parts", standard, repeat("a", 152) + "€" + repeat("a", 152), gsm.GSM7, 306, 3},
		{"one that fits exactly", standard, repeat("a", 151) + "€" + repeat("a", 153), gsm.GSM7, 306, 2},
		{"a straddle in each part", standard, repeat("€", 77) + repeat("€", 77), gsm.GSM7, 308, 3},

		{"UCS-2, one full message", standard, repeat("ж", 70), gsm.UCS2, 70, 1},
		{"UCS-2, one unit too many", standard, repeat("ж", 71), gsm.UCS2, 71, 2},
		{"UCS-2, two full parts", standard, repeat("ж", 134), gsm.UCS2, 134, 2},
		{"UCS-2, a third part", standard, repeat("ж", 135), gsm.UCS2, 135, 3},
		{"one foreign character turns all", standard, repeat("a", 70) + "’", gsm.UCS2, 71, 2},
		{"a pair of surrogates counts twice", standard, repeat("🦷", 35), gsm.UCS2, 70, 1},
		{"a pair that would straddle", standard, repeat("ж", 66) + "🦷" + repeat("ж", 66), gsm.UCS2, 134, 3},
		{"a pair that fits exactly", standard, repeat("ж", 65) + "🦷" + repeat("ж", 67), gsm.UCS2, 134, 2},

		{"toll-free, one full message", tollFree, repeat("a", 152), gsm.GSM7, 152, 1},
		{"toll-free, one unit too many", tollFree, repeat("a", 153), gsm.GSM7, 153, 2},
		{"toll-free, two full parts", tollFree, repeat("a", 304), gsm.GSM7, 304, 2},
		{"toll-free, a third part", tollFree, repeat("a", 305), gsm.GSM7, 305, 3},
		{"toll-free, a straddle", tollFree, repeat("a", 151) + "€" + repeat("a", 151), gsm.GSM7, 304, 3},
		{"toll-free UCS-2, one full message", tollFree, repeat("ж", 66), gsm.UCS2, 66, 1},
		{"toll-free UCS-2, one unit too many", tollFree, repeat("ж", 67), gsm.UCS2, 67, 2},
		{"toll-free UCS-2, a third part", tollFree, repeat("ж", 133), gsm.UCS2, 133, 3},
	} {
		want := gsm.Count{Encoding: c.encoding, Units: c.units, Segments: c.segments}
		if got := c.limits.Count(c.text); got != want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, want)
		}
	}
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

func TestOnlyTollFreeNumbersHaveShorterSegments(t *testing.T) {
	for number, want := range map[string]gsm.Limits{
		"+18005550100": gsm.TollFree(), "+18225550100": gsm.TollFree(), "+18335550100": gsm.TollFree(),
		"+18445550100": gsm.TollFree(), "+18555550100": gsm.TollFree(), "+18665550100": gsm.TollFree(),
		"+18775550100": gsm.TollFree(), "+18885550100": gsm.TollFree(),
		"+18015550100": gsm.Standard(), "+18085550100": gsm.Standard(), "+15550100001": gsm.Standard(),
		"+448005550100": gsm.Standard(), "+18": gsm.Standard(), "": gsm.Standard(),
	} {
		if got := gsm.LimitsOf(number); got != want {
			t.Errorf("%q has %+v, want %+v", number, got, want)
		}
	}
}

// The alphabet has 127 characters in the basic table beside the escape, and 10
// in the extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1).
func TestTheAlphabetIsComplete(t *testing.T) {
	tables := map[int]int{}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		tables[gsm.Septets(r)]++
	}
	if tables[1] != 127 || tables[2] != 10 {
		t.Errorf("%d characters in the basic table and %d in the extension table, want 127 and 10", tables[1], tables[2])
	}
}

func TestFoldKeepsWhatTheAlphabetHasAndSpellsTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"Praxis Müller & Söhne": "Praxis Müller & Söhne",
		"Clínica São João":      "Clinica Sao Joao",
		"Łódź, Đorđe, Œuvre":    "Lodz, Dorde, OEuvre",
		"“smart” ‘quotes’ – …":  `"smart" 'quotes' - ...`,
		"Ｆｕｌｌ ﬁt №5™":           "Full fit No5TM",
		"a\r\nb\t\u00a0c\x00":   "a b c",
		"Ünïcöde™ 🦷 诊所":         "Ünicöde" + "TM",
		"{10€}":                 "{10€}",
		"bad \xff utf8":         "bad utf8",
		"":                      "",
	} {
		if got := gsm.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestABrandThatLosesLettersIsKnown(t *testing.T) {
	for text, loses := range map[string]bool{
		"Clinic 24": false, "Praxis Müller & Söhne": false, "Łódź, Đorđe, Œuvre": false, "Tiếng Việt": false, "İstanbul Diş Kliniği": false,
		"“smart” – ☀️ 🦷™": false, "Ｆｕｌｌ ﬁt №5": false, "Cle\u0301": false, "Hawaiʻi": false, "ΠΣΩ": false, "": false, "---": false,
		"Клиника 24": true, "Dr. Ελένη Παπαδοπούλου": true, "ΑΒΓ": true, "さくら歯科": true, "Clinic 诊所": true, "عيادة": true, "मंगल": true,
		"٢٤": true, "Əliyev": true, "㈱ Clinic": true, "서울": true,
	} {
		if got := gsm.Loses(text); got != loses {
			t.Errorf("Loses(%q) = %t; it becomes %q", text, got, gsm.Fold(text))
		}
	}
}

// Whatever the text: folding makes it encodable and is final, cutting respects
// the limit, and the count of segments agrees with a count of whole characters.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", "Clinic", repeat("a", 152) + "€", repeat("ж", 66) + "🦷", "Łódź ﷺ \xff", "\f^{}\\[~]|€`"} {
		f.Add(seed, 152)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		folded := gsm.Fold(text)
		if !gsm.Encodable(folded) || gsm.Fold(folded) != folded || strings.ContainsAny(folded, "\r\n\f") {
			t.Errorf("Fold(%q) = %q", text, folded)
		}
		if cut := gsm.Cut(folded, limit); gsm.Len(cut) > max(0, limit) || !strings.HasPrefix(folded, cut) {
			t.Errorf("Cut(%q, %d) = %q", folded, limit, cut)
		}
		for _, l := range []gsm.Limits{gsm.Standard(), gsm.TollFree()} {
			checkCount(t, l, text)
			checkCount(t, l, folded)
		}
	})
}

// checkCount holds a count against bounds that need no packing: a part is left
// early by at most one unit.
func checkCount(t *testing.T, l gsm.Limits, text string) {
	t.Helper()
	c := l.Count(text)
	one, part := l.GSM7, l.GSM7Part
	if c.Encoding == gsm.UCS2 {
		one, part = l.UCS2, l.UCS2Part
	}
	if (c.Encoding == gsm.GSM7) != gsm.Encodable(text) || c.Segments < 1 {
		t.Errorf("%q: %+v", text, c)
	}
	if (c.Segments == 1) != (c.Units <= one) {
		t.Errorf("%q: %+v, but one message has %d units", text, c, one)
	}
	if least, most := (c.Units+part-1)/part, (c.Units+part-2)/(part-1); c.Segments > 1 && (c.Segments < least || c.Segments > most) {
		t.Errorf("%q: %+v, want %d to %d segments", text, c, least, most)
	}
}
