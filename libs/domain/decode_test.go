package domain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

const typicalEvent = `{"appointment_id": 48213, "user_id": 9001, "time": "2026-03-14T09:30:00+01:00",
 "timezone": "Europe/Berlin", "email": "mara.lind@clinic.example", "phone_e164": "+15550101234",
 "notify": {"email": true, "sms": true}, "revision": 2}`

func decode(t rapid.TB, value string) *domain.Event {
	t.Helper()
	e, err := domain.NewDecoder().Decode([]byte(value))
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return e
}

func TestAStatusIsOneOfThree(t *testing.T) {
	with := func(status string) string {
		return `{"appointment_id":1,"time":"2026-03-14T08:30:00Z","notify":{},` + status + `}`
	}
	for text, want := range map[string]domain.AppointmentStatus{
		`"status":"confirmed"`: domain.AppointmentConfirmed, `"status":"rescheduled"`: domain.AppointmentRescheduled,
		`"status":"cancelled"`: domain.AppointmentCancelled, `"status":null`: domain.AppointmentConfirmed,
		`"status":"c\u0061ncelled"`: domain.AppointmentCancelled, `"Status":"postponed"`: domain.AppointmentConfirmed,
	} {
		if got := decode(t, with(text)).Status; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{`""`, `"Cancelled"`, `"canceled"`, `"cancelled "`, `"postponed"`, "0", "true", "{}", `["cancelled"]`} {
		_, err := domain.NewDecoder().Decode([]byte(with(`"status":` + text)))
		wantCode(t, err, "event.status")
	}
}

func TestATypicalEventIsDecoded(t *testing.T) {
	e := decode(t, typicalEvent)
	if e.AppointmentID != "48213" || e.UserID != "9001" || *e.Revision != 2 || e.Timezone != "Europe/Berlin" {
		t.Errorf("decoded %+v", e)
	}
	if got := e.Time.Format(time.RFC3339); got != "2026-03-14T09:30:00+01:00" {
		t.Errorf("time %s", got)
	}
	if !slices.Equal(e.RequestedChannels(), []domain.Channel{domain.Email, domain.SMS}) {
		t.Errorf("requested %v", e.RequestedChannels())
	}
	for ch, want := range map[domain.Channel]string{domain.Email: "mara.lind@clinic.example", domain.SMS: "+15550101234"} {
		if got, err := e.Recipient(ch); err != nil || got != want {
			t.Errorf("Recipient(%s) = %q, %v", ch, got, err)
		}
	}
}

func TestWhatAnEventDoesNotSayIsAbsent(t *testing.T) {
	e := decode(t, `{"appointment_id":"a","time":"2026-03-14T08:30:00Z","notify":{"sms":false},"timezone":null}`)
	if e.UserID != "" || e.Timezone != "" || e.Revision != nil || e.Status != domain.AppointmentConfirmed || len(e.RequestedChannels()) != 0 || e.Requested(domain.SMS) {
		t.Errorf("decoded %+v", e)
	}
	_, err := e.Recipient(domain.SMS)
	wantCode(t, err, "event.notify")
}

func TestABadAddressConcernsItsOwnChannelOnly(t *testing.T) {
	e := decode(t, strings.Replace(typicalEvent, "+15550101234", "front desk", 1))
	if _, err := e.Recipient(domain.Email); err != nil {
		t.Errorf("email: %v", err)
	}
	_, err := e.Recipient(domain.SMS)
	wantCode(t, err, "event.phone_e164")
	wantCode(t, e.Validate(), "event.phone_e164")
}

// The id is part of the delivery key: whatever spelling a producer's JSON
// library prefers, one appointment must have one id.
func TestAnIntegerHasOneTextWhateverItsSpelling(t *testing.T) {
	for spelling, want := range map[string]string{
		`"48213"`: "48213", "48213": "48213", "48213.0": "48213", "4.8213e4": "48213", "4821300E-2": "48213",
		"-7": "-7", "-7.0": "-7", "-0.7e+1": "-7", "0": "0", "-0": "0", "-0.0": "0", "0e999999999999": "0",
		"9.223372036854775807e18": "9223372036854775807", "-9223372036854775808.0": "-9223372036854775808",
	} {
		e := decode(t, `{"appointment_id":`+spelling+`,"time":"2026-03-14T08:30:00Z","notify":{}}`)
		if e.AppointmentID != want {
			t.Errorf("%s is kept as %q, want %q", spelling, e.AppointmentID, want)
		}
	}
}

func TestATimeKeepsItsInstantAndOffset(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-14t09:30:00z":                "2026-03-14T09:30:00Z",
		"2026-03-14T09:30:00+00:00":           "2026-03-14T09:30:00Z",
		"2026-03-14T09:30:00-00:00":           "2026-03-14T09:30:00Z",
		"2026-03-14T09:30:00.250-11:30":       "2026-03-14T09:30:00.25-11:30",
		"2026-03-14T09:30:00.12345678999999Z": "2026-03-14T09:30:00.123456789Z",
		"0000-01-01T00:00:00+23:59":           "0000-01-01T00:00:00+23:59",
	} {
		e := decode(t, `{"appointment_id":1,"time":"`+text+`","notify":{}}`)
		if got := e.Time.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
		if e.Time.Location() == time.Local {
			t.Errorf("%s is in the zone of this machine", text)
		}
	}
}

func TestAMissingOffsetIsNamed(t *testing.T) {
	_, err := domain.NewDecoder().Decode([]byte(`{"appointment_id":1,"time":"2026-03-14T09:30:00","notify":{}}`))
	wantCode(t, err, "event.time")
	if err != nil && !strings.Contains(err.Error(), "no offset") {
		t.Errorf("the failure does not say what is missing: %v", err)
	}
}

// The record's memory is used again; what the texts do not fit in is replaced while
// they are read.
func TestAnEventKeepsNothingOfTheValue(t *testing.T) {
	zone := strings.Repeat("Zone/", 40)
	value := []byte(strings.Replace(typicalEvent, "Europe/Berlin", zone, 1))
	value = []byte(strings.Replace(string(value), "{", `{"locale": "de-AT", "unread": "`+strings.Repeat("x", 400)+`",`, 1))
	e, err := domain.NewDecoder().Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	clear(value)
	email, _ := e.Recipient(domain.Email)
	phone, _ := e.Recipient(domain.SMS)
	got := strings.Join([]string{e.AppointmentID, e.UserID, e.Time.Format(time.RFC3339), e.Timezone, e.Locale, string(e.Status), email, phone}, " ")
	if want := "48213 9001 2026-03-14T09:30:00+01:00 " + zone + " de-AT confirmed mara.lind@clinic.example +15550101234"; got != want || *e.Revision != 2 {
		t.Errorf("decoded %s, revision %d", got, *e.Revision)
	}
}

// What only decides how a message looks never stops it: these were dead letters
// of both channels.
func TestATimezoneThatNobodyKnowsStopsNothing(t *testing.T) {
	for _, name := range []string{
		"UTC+02:00", "+01:00", "W. Europe Standard Time", "Europe/Atlantis", "europe/berlin", "Europe", "CEST",
		"../../etc/passwd", "/usr/share/zoneinfo/UTC", "Local", "posix/Europe/Berlin", "Europe/Berlin\n", "\x00", strings.Repeat("ä", 256),
	} {
		e := decode(t, `{"appointment_id":1,"time":"2026-03-14T09:30:00+01:00","notify":{},"timezone":`+quote(name)+`}`)
		if e.Timezone != name {
			t.Errorf("%q was decoded as %q", name, e.Timezone)
		}
	}
}

func TestALocaleStopsNothingWhateverItIs(t *testing.T) {
	for value, want := range map[string]string{
		`"de-AT"`: "de-AT", `"de_AT"`: "de_AT", `"tlh"`: "tlh", `" fr "`: "fr", `""`: "", `null`: "", `"Mara Lind\n"`: "Mara Lind",
		`5`: domain.MalformedLocale, `true`: domain.MalformedLocale, `["de"]`: domain.MalformedLocale, `{}`: domain.MalformedLocale,
		quote(strings.Repeat("a", 65)): domain.MalformedLocale,
	} {
		e := decode(t, `{"appointment_id":1,"time":"2026-03-14T09:30:00+01:00","notify":{},"locale":`+value+`}`)
		if e.Locale != want {
			t.Errorf("%s was decoded as %q", value, e.Locale)
		}
		plain := decode(t, `{"appointment_id":1,"time":"2026-03-14T09:30:00+01:00","notify":{}}`)
		if domain.NewKey(e, domain.Email, "a@clinic.example") != domain.NewKey(plain, domain.Email, "a@clinic.example") {
			t.Errorf("%s makes the notification another one", value)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	d := domain.NewDecoder()
	value := []byte(typicalEvent)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecipient(b *testing.B) {
	e := decode(b, typicalEvent)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Recipient(domain.Email); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	e := decode(b, typicalEvent)
	b.ReportAllocs()
	for b.Loop() {
		domain.NewKey(e, domain.Email, "mara.lind@clinic.example")
	}
}
