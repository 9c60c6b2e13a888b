package mask_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/mask"
)

func TestTextKeepsWhatIsNoRecipient(t *testing.T) {
	m := mask.New()
	for in, want := range map[string]string{
		"550 mara.lind@clinic.example unknown":               "550 m***@c***.example unknown",
		"call +1 (555) 010-0001 now":                         "call ***01 now",
		"15550100001":                                        "***01",
		"to=mara%40clinic.example":                           "to=***",
		"2026-05-04T09:30:00+02:00 in 300 ms":                "2026-05-04T09:30:00+02:00 in 300 ms",
		"code 21211, attempt 3":                              "code 21211, attempt 3",
		"tab\tand \x1b[31mcolour":                            "tab and  [31mcolour",
		`{"email":"mara\u0040clinic.example"`:                `{"email":"***"`,
		"Mara Lind <mara@clinic.example>, +15550100001; end": "Mara Lind <m***@c***.example>, ***01; end",
	} {
		if got := m.Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestIdsStayReadableUnlessTheyAreRecipients(t *testing.T) {
	m := mask.New()
	for in, want := range map[string]string{
		"48213": "48213", "24000123": "24000123", "3f1c-77": "3f1c-77",
		"mara@clinic.example": "m***@c***.example", "+15550100001": "***01", "15550100001": "***01",
	} {
		if got := m.Identifier(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAPayloadIsShownWithExactNumbersInItsOrderAndMasked(t *testing.T) {
	got, ok := mask.New().JSON([]byte(`{"z":12345678901234567890.50,"appointment_id":24000123,"time":"2026-05-04T09:30:00+02:00",
		"email":"mara\u0040clinic.example","phone_e164":15550100001,"notes":["ring +1 555 010 0001",null,true],"mara@clinic.example":{}}`))
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
  "m***@c***.example": {}
}`
	if !ok || got != want {
		t.Errorf("shown %t\n%s", ok, got)
	}
}

func TestWhatIsNotOneJSONValueIsNotShown(t *testing.T) {
	for _, value := range []string{"", "mara@clinic.example", `{"a":1} {"b":2}`, `{"a":`, "\xff", `["a" "b"]`, strings.Repeat("[", 1e5)} {
		if got, ok := mask.New().JSON([]byte(value)); ok || got != "" {
			t.Errorf("%.40q is shown as %.40q", value, got)
		}
	}
}

func TestNoRecipientSurvivesWhereverItStands(t *testing.T) {
	m := mask.New()
	around := rapid.StringMatching(`[a-z "<>(:,;]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`[a-z][a-z0-9._+]{2,10}`).Draw(t, "local")
		number := rapid.StringMatching(`\+[1-9][0-9]{9,13}`).Draw(t, "number")
		secrets := []string{local + "@clinic.example", number[1:]}
		text := around.Draw(t, "a") + " " + secrets[0] + " " + around.Draw(t, "b") + " " + number + " " + around.Draw(t, "c")
		value, err := json.Marshal(map[string]any{"note": text, text: []string{text}, "email": secrets[0]})
		if err != nil {
			t.Fatal(err)
		}
		shown, ok := m.JSON(value)
		for _, secret := range secrets {
			if !ok || strings.Contains(shown, secret) || strings.Contains(m.Text(text), secret) || strings.Contains(m.Identifier(secret), secret) {
				t.Fatalf("%q is in %q or %q", secret, shown, m.Text(text))
			}
		}
	})
}
