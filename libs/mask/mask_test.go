package mask_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
)

func TestWhatIsARecipientIsHiddenHoweverItIsWritten(t *testing.T) {
	for in, want := range map[string]string{
		"550 mara.lind@clinic.example unknown":               "550 m***@c***.example unknown",
		"Mara Lind <mara@clinic.example>, +15550100001; end": "Mara Lind <m***@c***.example>, ***01; end",
		"mara＠clinic．example":                                "m***@c***.example",
		`"mara lind"@clinic.example`:                         "***@c***.example",
		`{\"to\":\"\\\"mara lind\\\"@clinic.example\"}`:      `{"to":"***@c***.example"}`,
		"mara (work)@clinic.example":                         "m***@c***.example",
		"at mara @ clinic.example":                           "at m***@c***.example",
		"mara@[192.0.2.1] failed":                            "m***@*** failed",
		"to=mara%40clinic.example&n=1":                       "to=m***@***",
		"user%2540y.example":                                 "u***@***.example",
		`{"email":"mara\u0040clinic.example"`:                `{"email":"m***@c***.example"`,
		"mara&#64;clinic.example":                            "m***@c***.example",
		"ma\u200bra@cli\u00adnic.example":                    "m***@c***.example",
		"x@y.15550100001":                                    "***@***",
		"call +1 (555) 010-0001 now":                         "call ***01 now",
		"15550100001":                                        "***01",
		"tel:5550100":                                        "tel:***00",
		"+12345":                                             "***",
		"1\u00a0555\u00a0010\u20110001":                      "***01",
		"1 5 5 5 0 1 0 0 0 0 1":                              "***01",
		"٠١٥٥٥٠١٠٠٠٠١":                                       "***٠١",
		"＋１５５５０１００００１":                                       "***01",
		"&#49;&#53;550100001":                                "***01",
		"2031-05-06 15550101234":                             "2031-05-06 ***34",
		"15550101234 2031-05-06T09:30:00+02:00":              "***34 2031-05-06T09:30:00+02:00",
		"+49 2031-05-06 123":                                 "***23",
		"body bWFyYS5saW5kQGNsaW5pYy5leGFtcGxl":              "body ***",
		"key=KzE1NTUwMTAwMDAx==;":                            "key=***;",
		hex.EncodeToString([]byte("+15550100001")):           "***",
		base64.StdEncoding.EncodeToString([]byte("\x00\x0a\x0emara@clinic.example\x12\xff")): "***",
	} {
		if got := mask.Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
		if !mask.Recipient(in) {
			t.Errorf("%q is not taken for a recipient", in)
		}
	}
}

func TestWhatIsNoRecipientStaysReadable(t *testing.T) {
	for _, s := range []string{
		"2026-05-04T09:30:00+02:00 in 300 ms", "2026-05-04 09:30:00.123456789Z done", "from 2026-05-04 to 2026-05-06", "2026-05-04",
		"UTC+05:30, UTC+0530", "code 21211, attempt 3", "129.90 EUR", "a-7", "apt_7f3c", "offset 12345678, partition 3", "offset=12345678",
		"3f0c9a52-5a64-4c0e-9a57-0f6f6f1f6f11", "twilio.21211", "mailgun.lookup.expired", "connection refused: 127.0.0.1:9092",
		"appointments.created.replay.email", "the value must not be larger than 262144 bytes", "internationalisation", "@media", "50% off",
		"Müller & Söhne, 病院", "a1b2c3d4e5f60718293a4b5c6d7e8f90", strings.Repeat("ab12", 16),
	} {
		if got := mask.Text(s); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
		if mask.Recipient(s) {
			t.Errorf("%q is taken for a recipient", s)
		}
	}
	if got := mask.Text("tab\tand \x1b[31mcolour"); got != "tab and  [31mcolour" {
		t.Errorf("%q", got)
	}
	if mask.Recipient("ﬁle") {
		t.Error("a ligature is taken for a recipient")
	}
}

func TestIdsStayReadableUnlessTheyAreRecipients(t *testing.T) {
	for in, want := range map[string]string{
		"48213": "48213", "24000123": "24000123", "3f1c-77": "3f1c-77", "a-7": "a-7", "apt_7f3c": "apt_7f3c",
		"2026-05-04-000123": "2026-05-04-000123", "3f0c9a52-5a64-4c0e-9a57-012345678901": "3f0c9a52-5a64-4c0e-9a57-012345678901",
		"mara@clinic.example": "m***@c***.example", "user%40y.example": "u***@***.example",
		"+15550100001": "***01", "15550100001": "***01", "015512345678": "***78", "0155 1234-5678": "***78",
		"tel:+4915512345678": "tel:***78", "patient-15550100001": "patient-***01", "12345678-1234-4123-8123-123456789012": "***12",
		"bWFyYS5saW5kQGNsaW5pYy5leGFtcGxl": "***",
	} {
		if got := mask.Identifier(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAPayloadIsShownWithExactNumbersInItsOrderAndMasked(t *testing.T) {
	got, ok := mask.JSON([]byte(`{"z":12345678901234567890.50,"appointment_id":24000123,"time":"2026-05-04T09:30:00+02:00",
		"email":"mara\u0040clinic.example","phone_e164":15550100001,"notes":["ring +1 555 010 0001",null,true],"mara@clinic.example":{},
		"amount":1234567.50,"revision":1764158400123,"notify":{"email":true,"sms":false},
		"Contact":{"user":"mara","host":"clinic.example","parts":[1555,"0100001"],"Mara Lind":1},"raw":"{\"e_mail\":{\"user\":\"mara\"}}"}`))
	want := `{
  "z": "***50",
  "appointment_id": 24000123,
  "time": "2026-05-04T09:30:00+02:00",
  "email": "m***@c***.example",
  "phone_e164": "***01",
  "notes": [
    "ring ***01",
    null,
    true
  ],
  "m***@c***.example": {},
  "amount": 1234567.50,
  "revision": 1764158400123,
  "notify": {
    "email": true,
    "sms": false
  },
  "Contact": {
    "user": "***",
    "host": "***",
    "parts": [
      "***",
      "***"
    ],
    "***": "***"
  },
  "raw": "{\"e_mail\":{\"user\":\"***\"}}"
}`
	if !ok || got != want {
		t.Errorf("shown %t\n%s", ok, got)
	}
}

func TestWhatIsNotOneJSONValueIsNotShown(t *testing.T) {
	for _, value := range []string{"", "mara@clinic.example", `{"a":1} {"b":2}`, `{"a":`, "\xff", `["a" "b"]`, strings.Repeat("[", 1e5)} {
		if got, ok := mask.JSON([]byte(value)); ok || got != "" {
			t.Errorf("%.40q is shown as %.40q", value, got)
		}
	}
}

// A payload may be 256 KiB of anything.
func TestTheCostIsThatOfTheLength(t *testing.T) {
	for _, unit := range []string{")@", "@ ", `"@`, "1 ", "2026-05-04 ", "%40", "&#64;", "aGFsbG8g", "a.@", "((", "@[", `\u0040`} {
		short, long := strings.Repeat(unit, 1<<8), strings.Repeat(unit, 1<<14)
		if a, b := cost(short), cost(long); b > 640*a+100*time.Millisecond { // a square would be 4096
			t.Errorf("%q: %v for some, %v for 64 times as much", unit, a, b)
		}
	}
}

// cost returns the least time of a few tries, so that a busy machine matters
// little.
func cost(s string) time.Duration {
	least := time.Hour
	for range 3 {
		began := time.Now()
		mask.Text(s)
		least = min(least, time.Since(began))
	}
	return least
}
