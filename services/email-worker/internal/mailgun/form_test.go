package mailgun

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/mailgun/mailgun-go/v4"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

func senderOf(t testing.TB, dial ...func(context.Context, string, string) (net.Conn, error)) *Sender {
	t.Helper()
	cfg := Config{
		APIKey: "key-0123456789abcdef", ReadAPIKey: "read-fedcba9876543210", LookUpAPI: LookUpAuto, Domain: "mg.clinic.example",
		From: "Clinic <no-reply@clinic.example>", BaseURL: "http://api.mailgun.example", Timeout: 5 * time.Second,
		EventsRetention: 24 * time.Hour, Visibility: time.Minute, Slots: 64,
		Brand: "Müller & Söhne", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), AppointmentDuration: 30 * time.Minute,
	}
	if len(dial) > 0 {
		cfg.DialContext = dial[0]
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// capture is a transport that keeps what it was given.
type capture struct {
	request *http.Request
	body    string
}

func (c *capture) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	c.request, c.body = r, string(body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"id": "<1@mg.clinic.example>"}`))}, errors.Join(err, r.Body.Close())
}

// parts returns the parts of the body, each with its header, and then what is not
// a part. Their order means nothing: the SDK's own varies.
func (c *capture) parts() []string {
	_, boundary, _ := strings.Cut(c.request.Header.Get("Content-Type"), "boundary=")
	all := strings.Split("\r\n"+c.body, "\r\n--"+boundary)
	slices.Sort(all)
	return all
}

// bySDK makes the message with the SDK's own means.
func bySDK(t interface{ Fatal(args ...any) }, s *Sender, n ports.Notification) *sdk.Message {
	e := s.renderer.Render(n.Shown(), n.EventTime)
	m := sdk.NewMessage(s.from, e.Subject, e.Text, n.Recipient)
	m.SetHTML(e.HTML)
	if e.Calendar != nil {
		m.AddBufferAttachment(message.CalendarName, e.Calendar)
	}
	m.AddHeader("Message-Id", "<"+handleOf(s.domain, n.Key).messageID+">")
	for _, h := range s.headers {
		m.AddHeader(h.Name, h.Value)
	}
	m.SetTracking(false)
	m.SetTrackingClicks(false)
	m.SetTrackingOpens(false)
	if err := errors.Join(m.AddTag(message.Tag), m.AddVariable("appointment_id", n.Event.AppointmentID)); err != nil {
		t.Fatal(err)
	}
	return m
}

func notification() *rapid.Generator[ports.Notification] {
	return rapid.Custom(func(t *rapid.T) ports.Notification {
		year := rapid.SampledFrom([]int{2031, 2031, 2031, 10_000}).Draw(t, "year")
		e := &domain.Event{
			AppointmentID: rapid.OneOf(rapid.SampledFrom([]string{"A-1", `"a\b"`, "a\r\n--b", "\xff\xfe", "<&'+>"}), rapid.StringN(1, 90, -1)).Draw(t, "id"),
			Time:          time.Date(year, 12, 31, rapid.IntRange(0, 23).Draw(t, "hour"), 59, 0, 0, time.UTC),
			Timezone:      rapid.SampledFrom([]string{"", "Europe/Berlin", "Asia/Kolkata", "none"}).Draw(t, "zone"),
			Locale:        rapid.SampledFrom(append(messagestest.Texts().Tags(), "")).Draw(t, "locale"),
			Status:        rapid.SampledFrom(domain.AppointmentStatuses()).Draw(t, "status"),
		}
		to := rapid.StringMatching(`[a-zA-Z0-9.+äß]{1,20}@[a-z]{1,9}\.example`).Draw(t, "to")
		return ports.Notification{Key: domain.NewKey(e, domain.Email, to), Event: e, Recipient: to, EventTime: time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)}
	})
}

// Our form is the one that the SDK would have written, byte for byte, but for the
// boundary, which is random, and the order of the fields; so is the rest of the
// request.
func TestTheFormIsTheSDKsOwn(t *testing.T) {
	s := senderOf(t)
	without := 0
	rapid.Check(t, func(t *rapid.T) {
		n := notification().Draw(t, "notification")
		var own, theirs capture
		s.forms.next = &own
		_, _ = s.Send(context.Background(), n) // which trusts no answer that the client has not read
		s.forms.next = &theirs
		if _, _, err := s.api.Send(context.Background(), bySDK(t, s, n)); err != nil {
			t.Fatal(err)
		}
		if got, want := own.parts(), theirs.parts(); !slices.Equal(got, want) {
			t.Fatalf("the form has the parts\n%q\nwant\n%q", got, want)
		}
		if !strings.Contains(own.body, message.CalendarName) {
			without++
		}
		sameRequest(t, &own, &theirs)
	})
	if without == 0 {
		t.Error("no message came without a calendar file")
	}
}

// sameRequest compares all but the body, and checks that its length is known.
func sameRequest(t *rapid.T, own, theirs *capture) {
	t.Helper()
	a, b := own.request, theirs.request
	if a.Method != b.Method || a.URL.String() != b.URL.String() || a.Host != b.Host || len(a.Header) != len(b.Header) {
		t.Fatalf("%s %s %v, want %s %s %v", a.Method, a.URL, a.Header, b.Method, b.URL, b.Header)
	}
	for name := range b.Header {
		if name != "Content-Type" && !slices.Equal(a.Header[name], b.Header[name]) {
			t.Fatalf("%s is %q, want %q", name, a.Header[name], b.Header[name])
		}
	}
	if a.ContentLength != int64(len(own.body)) || a.GetBody != nil || a.TransferEncoding != nil {
		t.Fatalf("a length of %d for %d bytes, %q; can be sent again: %t", a.ContentLength, len(own.body), a.TransferEncoding, a.GetBody != nil)
	}
}

func TestARequestThatIsNoFormIsNotSent(t *testing.T) {
	var c capture
	s := senderOf(t)
	f, _ := s.compose(plainNotification("A-1"))
	req, err := http.NewRequestWithContext(withForm(t.Context(), f), http.MethodPost, "http://api.mailgun.example/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if _, err := (&forms{next: &c}).RoundTrip(req); !errors.Is(err, errNoBoundary) || c.request != nil {
		t.Errorf("%v, and sent: %t", err, c.request != nil)
	}
}

// discard is a transport that reads the body and accepts.
type discard struct{}

func (discard) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"id": "<1@mg.clinic.example>"}`))}, errors.Join(err, r.Body.Close())
}

// BenchmarkBody shows what a message costs from its facts down to the HTTP client
// with a form of our own, and with the SDK's of texts that are rendered beforehand.
func BenchmarkBody(b *testing.B) {
	s := senderOf(b)
	s.forms.next = discard{}
	n := plainNotification("A-1")
	m := bySDK(b, s, n)
	f, _ := s.compose(n)
	boundary := strings.Repeat("b", 60)
	for _, c := range []struct {
		name string
		call func()
	}{
		{"SDK and own form", func() {
			f, _ := s.compose(n)
			_, _, _ = s.api.Send(withForm(b.Context(), f), &f.envelope)
			s.forms.recycle(f)
		}},
		{"SDK and its form", func() { _, _, _ = s.api.Send(b.Context(), m) }},
		{"own form alone", func() { f.body = f.append(f.body[:0], boundary) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.call()
			}
		})
	}
}
