package message_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/message"
)

// reference is one that domain.Key.Reference could return.
const reference = "ABCDE237"

func event(t interface{ Fatal(...any) }, at, zone string) *domain.Event {
	return eventOf(t, domain.AppointmentConfirmed, at, zone)
}

func eventOf(t interface{ Fatal(...any) }, status domain.AppointmentStatus, at, zone string) *domain.Event {
	value := fmt.Sprintf(`{"appointment_id": "A-1", "time": %q, "notify": {"sms": true}, "phone_e164": "+15550100001", "status": %q`, at, status)
	if zone != "" {
		value += fmt.Sprintf(`, "timezone": %q`, zone)
	}
	e, err := domain.NewDecoder().Decode([]byte(value + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func renderer(t interface{ Fatal(...any) }, brand, zone string) *message.Renderer {
	r, err := message.New(message.Settings{Brand: brand, Texts: messagestest.Texts(), Clock: localtimetest.Clock(zone), Limits: gsm.TollFree()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheTextSaysWhoWhenAndHowToOptOut(t *testing.T) {
	for _, c := range []struct{ name, brand, at, zone, display, want string }{
		{
			"summer time in the event's zone", "Clinic Nord", "2031-07-06T12:30:00Z", "Europe/Berlin", "America/New_York",
			"Clinic Nord: appointment confirmed for Sun 6 Jul 2031, 14:30 CEST (UTC+02:00). Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"the display zone, never the event's offset", "Clinic", "2031-01-06T23:30:00+05:00", "", "America/New_York",
			"Clinic: appointment confirmed for Mon 6 Jan 2031, 13:30 EST (UTC-05:00). Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"a zone without a name", "Clinic", "2031-01-06T12:00:00Z", "Asia/Dubai", "UTC",
			"Clinic: appointment confirmed for Mon 6 Jan 2031, 16:00 UTC+04:00. Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"an unknown zone: the event's offset", "Clinic", "2031-01-06T12:00:00+05:30", "UTC+05:30", "America/New_York",
			"Clinic: appointment confirmed for Mon 6 Jan 2031, 12:00 UTC+05:30. Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"UTC is not named twice", "Clinic", "2031-01-06T12:00:00Z", "UTC", "UTC",
			"Clinic: appointment confirmed for Mon 6 Jan 2031, 12:00 UTC. Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"a zone that is at UTC but is not UTC", "Clinic", "2031-01-06T12:00:00Z", "Europe/London", "UTC",
			"Clinic: appointment confirmed for Mon 6 Jan 2031, 12:00 GMT (UTC). Ref ABCDE237. Reply STOP to opt out.",
		},
		{
			"a brand outside the alphabet", "Dr. Šimůnek’s “Praxis”\r\n🦷", "2031-01-06T12:00:00Z", "UTC", "UTC",
			`Dr. Simunek's "Praxis": appointment confirmed for Mon 6 Jan 2031, 12:00 UTC. Ref ABCDE237. Reply STOP to opt out.`,
		},
		{
			"a brand that is too long", "The Practice of Dr. Example & Partners, Orthopaedics and Sports Medicine", "2031-07-06T12:30:00Z", "Europe/Berlin", "UTC",
			"The Practice of Dr. Example & Partners: appointment confirmed for Sun 6 Jul 2031, 14:30 CEST (UTC+02:00). Ref ABCDE237. Reply STOP to opt out.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := renderer(t, c.brand, c.display).Render(event(t, c.at, c.zone), reference); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEachStatusHasItsWords(t *testing.T) {
	for status, want := range map[domain.AppointmentStatus]string{
		"":                            "Clinic Nord: appointment confirmed for Sun 6 Jul 2031, 14:30 CEST (UTC+02:00). Ref ABCDE237. Reply STOP to opt out.",
		domain.AppointmentConfirmed:   "Clinic Nord: appointment confirmed for Sun 6 Jul 2031, 14:30 CEST (UTC+02:00). Ref ABCDE237. Reply STOP to opt out.",
		domain.AppointmentRescheduled: "Clinic Nord: your appointment has moved to Sun 6 Jul 2031, 14:30 CEST (UTC+02:00). Ref ABCDE237. Reply STOP to opt out.",
		domain.AppointmentCancelled:   "Clinic Nord: your appointment on Sun 6 Jul 2031, 14:30 CEST (UTC+02:00) is cancelled. Ref ABCDE237. Reply STOP to opt out.",
	} {
		e := *event(t, "2031-07-06T12:30:00Z", "Europe/Berlin")
		e.Status = status
		if got := renderer(t, "Clinic Nord", "UTC").Render(&e, reference); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", status, got, want)
		}
	}
}

func TestEveryTextIsOneSegmentInTheGSMAlphabet(t *testing.T) {
	names := zones()
	clocks, texts := map[string]*localtime.Clock{}, messagestest.Texts()
	for _, name := range names {
		clocks[name] = localtimetest.Clock(name)
	}
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SampledFrom([]gsm.Limits{gsm.TollFree(), gsm.Standard()}).Draw(t, "limits")
		r, err := message.New(message.Settings{
			Brand: rapid.String().Draw(t, "brand"), Texts: texts, Clock: clocks[rapid.SampledFrom(names).Draw(t, "display")], Limits: limits,
		})
		if err != nil {
			t.Skip("no brand that can be shown")
		}
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "at"), 0).UTC().Format(time.RFC3339)
		status := rapid.SampledFrom(domain.AppointmentStatuses()).Draw(t, "status")
		text := r.Render(eventOf(t, status, at, rapid.SampledFrom(append(names, "", "Europe/Atlantis")).Draw(t, "zone")), reference)

		if count := limits.Count(text); count.Encoding != gsm.GSM7 || count.Segments != 1 {
			t.Fatalf("%+v: %q", count, text)
		}
		brand, _, told := strings.Cut(text, map[domain.AppointmentStatus]string{
			domain.AppointmentConfirmed: ": appointment confirmed for ", domain.AppointmentRescheduled: ": your appointment has moved to ",
			domain.AppointmentCancelled: ": your appointment on ",
		}[status])
		if !told || !strings.ContainsFunc(brand, isNameRune) || !strings.HasSuffix(text, ". Ref "+reference+". Reply STOP to opt out.") || strings.ContainsAny(text, "\r\n") {
			t.Fatalf("a part is missing: %q", text)
		}
	})
}

func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// zones are names that differ in what matters here: letters or digits for a
// name, long names, offsets with minutes and seconds, before and after UTC.
func zones() []string {
	return []string{
		"UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
		"Europe/London", "Europe/Berlin", "America/New_York", "Pacific/Guam", "Antarctica/Troll", "Africa/Monrovia",
	}
}

func TestABrandThatCannotBeShownIsRefused(t *testing.T) {
	for _, brand := range []string{"", "  ", "诊所", "Клиника", "🦷🦷", "---", strings.Repeat("-", 64) + "A"} {
		if _, err := message.New(message.Settings{Brand: brand, Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), Limits: gsm.TollFree()}); err == nil {
			t.Errorf("brand %q was accepted", brand)
		}
	}
	if _, err := message.New(message.Settings{Brand: "Clinic", Limits: gsm.TollFree()}); err == nil {
		t.Error("no clock was accepted")
	}
}
