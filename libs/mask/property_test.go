package mask_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
)

// secret is a recipient in one of the spellings that people and programs use.
type secret struct {
	// written is the spelling.
	written string
	// address is the bare address, or digits the number's digits.
	local, digits string
}

func addresses() *rapid.Generator[secret] {
	return rapid.Custom(func(t *rapid.T) secret {
		local := rapid.StringMatching(`[a-z]{3}[a-z0-9.+=/']{2,8}[a-z]`).Draw(t, "local")
		domain := rapid.SampledFrom([]string{"clinic.example", "mail.praxis-süd.example", "x.example"}).Draw(t, "domain")
		bare := local + "@" + domain
		written := rapid.SampledFrom([]string{
			bare, `"` + local[:3] + " " + local[3:] + `"@` + domain, local + "＠" + domain, local + "﹫" + strings.ReplaceAll(domain, ".", "．"),
			url.QueryEscape(bare), url.QueryEscape(url.QueryEscape(bare)), local + `\u0040` + domain, local + "&#x40;" + domain,
			local[:3] + "\u200b" + local[3:] + "@" + domain, wide(bare), local + " @ " + domain, strings.ToUpper(bare),
		}).Draw(t, "spelling")
		return secret{written: encoded(t, written), local: local}
	})
}

func numbers() *rapid.Generator[secret] {
	return rapid.Custom(func(t *rapid.T) secret {
		digits := rapid.StringMatching(`[1-9][0-9]{9,14}`).Draw(t, "digits")
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "+", "00", "tel:", "tel:+", "＋", "(0"}).Draw(t, "prefix"))
		gaps := rapid.SampledFrom([][]string{
			{""}, {"", " "}, {"", "-", " "}, {"", "\u00a0", "\u2011"}, {"", "\u202f", "/"}, {"", ".", ") "}, {"", "\u200b", "\u00ad"}, {" - "}, {" "},
		}).Draw(t, "gaps")
		zero := rapid.SampledFrom([]rune{'0', '٠', '０', '०', '𝟎'}).Draw(t, "zero")
		for i, d := range digits {
			if i > 0 {
				b.WriteString(rapid.SampledFrom(gaps).Draw(t, "gap"))
			}
			b.WriteRune(zero + d - '0')
		}
		written := b.String()
		if regexp.MustCompile(`(19|20|21)\d\d-\d\d-\d\d`).MatchString(written) {
			t.Skip("a number that is written like a date and a little more is shown")
		}
		return secret{written: encoded(t, written), digits: digits}
	})
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r + '！' - '!'
		}
		return r
	}, s)
}

func encoded(t *rapid.T, s string) string {
	switch rapid.IntRange(0, 7).Draw(t, "encoding") {
	case 0:
		return base64.StdEncoding.EncodeToString([]byte(s))
	case 1:
		return base64.RawURLEncoding.EncodeToString([]byte("to: " + s + "\n"))
	case 2:
		return hex.EncodeToString([]byte(s))
	}
	return s
}

// shownIn reports whether what people are shown reveals the recipient, in any
// spelling: compared are its digits, or the letters of its local part.
func (s secret) shownIn(shown string) bool {
	if strings.Contains(shown, s.written) {
		return true
	}
	folded := norm.NFKC.String(shown)
	if s.digits != "" {
		return strings.Contains(only(folded, unicode.IsDigit), s.digits)
	}
	return strings.Contains(strings.ToLower(only(folded, unicode.IsLetter)), only(s.local, unicode.IsLetter))
}

// only keeps some characters; digits become ASCII.
func only(s string, keep func(rune) bool) string {
	var b strings.Builder
	for _, r := range s {
		if keep(r) {
			b.WriteRune(ascii(r))
		}
	}
	return b.String()
}

// ascii returns the ASCII digit of one of the digits that numbers draws and
// NFKC does not fold.
func ascii(r rune) rune {
	for _, zero := range "٠०" {
		if zero <= r && r <= zero+9 {
			return r - zero + '0'
		}
	}
	return r
}

func TestNoRecipientSurvivesWhereverAndHoweverItStands(t *testing.T) {
	around := rapid.SampledFrom([]string{"", "to ", "2031-05-06 ", "at 2031-05-06T09:30:00+02:00: ", "no. 3: ", `"`, "<", "(", "x=", "550 5.1.1 ", "病院 "})
	behind := rapid.SampledFrom([]string{"", " ", ", ", ";", ">", `"`, ")", " 2031-05-06", ": unknown", " failed", "\n"})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(addresses(), numbers()).Draw(t, "recipient")
		text := around.Draw(t, "before") + s.written + behind.Draw(t, "after")
		if shown := mask.Text(text); s.shownIn(shown) {
			t.Fatalf("Text: %q is shown as %q", text, shown)
		}
		if shown := mask.Identifier(s.written); s.shownIn(shown) {
			t.Fatalf("Identifier: %q is shown as %q", s.written, shown)
		}
		inner, err := json.Marshal(map[string]any{"note": text})
		if err != nil {
			t.Fatal(err)
		}
		value, err := json.Marshal(map[string]any{
			"note": text, text: []string{text}, "id": s.written, "email": s.written, "phone": map[string]any{"of": []any{s.written}}, "raw": string(inner),
		})
		if err != nil {
			t.Fatal(err)
		}
		if shown, ok := mask.JSON(value); !ok || s.shownIn(shown) {
			t.Fatalf("JSON: %s is shown as %s", value, shown)
		}
	})
}

func TestAPartedRecipientIsHiddenByTheNameOfItsMember(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"email", "e-mail", "E_Mail", "phone_e164", "mobilePhone", "recipient", "to", "ｅｍａｉｌ"}).Draw(t, "name")
		local := rapid.StringMatching(`[a-z]{5,9}`).Draw(t, "local")
		number := rapid.StringMatching(`[1-9][0-9]{4,6}`).Draw(t, "number")
		nested := fmt.Sprintf(`{%q:[{"user":%q,"host":"clinic.example","deep":[[%q,%s,true,null]]}]}`, name, local, number, number)
		shown, ok := mask.JSON([]byte(nested))
		if !ok || strings.Contains(shown, local) || strings.Contains(shown, number) || strings.Contains(shown, "clinic") {
			t.Fatalf("%s is shown as %s", nested, shown)
		}
	})
}

func FuzzMasking(f *testing.F) {
	for _, seed := range []string{"mara@clinic.example", "2031-05-06 15550101234", `{"a":"b"}`, "%40\\u0040&#64;", "bWFyYUBjbGluaWMuZXhhbXBsZQ=="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, shown := range []string{mask.Text(s), mask.Identifier(s)} {
			if strings.ContainsFunc(shown, unicode.IsControl) {
				t.Errorf("%q is shown as %q", s, shown)
			}
		}
		if once := mask.Text(s); mask.Text(once) != once && !strings.Contains(once, "***") {
			t.Errorf("%q is hidden only the second time: %q", s, once)
		}
		if shown, ok := mask.JSON([]byte(s)); ok && !json.Valid([]byte(shown)) {
			t.Errorf("%q is shown as %q", s, shown)
		}
	})
}
