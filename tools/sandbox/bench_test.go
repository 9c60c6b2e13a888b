package sandbox_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// BenchmarkSend measures the handlers alone: the server's and the client's
// share of an HTTP exchange comes on top.
func BenchmarkSend(b *testing.B) {
	b.Run("email", func(b *testing.B) { benchmarkSend(b, mailRequest) })
	b.Run("sms", func(b *testing.B) { benchmarkSend(b, smsRequest) })
}

func benchmarkSend(b *testing.B, request func(i int) *http.Request) {
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(i))
		if w.Code >= 300 {
			b.Fatal(w.Code, w.Body)
		}
	}
	if got := s.Stats().Total; got.Accepted != got.Distinct {
		b.Fatalf("%+v", got)
	}
}

func mailRequest(i int) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range map[string]string{
		"from": "Clinic <clinic@mg.example>", "to": fmt.Sprintf("p%d@patients.example", i), "subject": "Your appointment",
		"text": strings.Repeat("See you on Tuesday. ", 20), "html": strings.Repeat("<p>See you on Tuesday.</p>", 100),
		"h:Message-Id": fmt.Sprintf("<k%d@mg.example>", i), "v:appointment_id": fmt.Sprint(i), "o:tag": "appointment-confirmation",
	} {
		_ = w.WriteField(field, value)
	}
	file, _ := w.CreateFormFile("attachment", "appointment.ics")
	_, _ = file.Write(bytes.Repeat([]byte("BEGIN:VCALENDAR\r\n"), 40))
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "/v3/mg.example/messages", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.SetBasicAuth("api", "key")
	return r
}

func smsRequest(i int) *http.Request {
	form := url.Values{
		"To": {fmt.Sprintf("+1555%07d", i)}, "From": {"+18005550100"},
		"Body": {fmt.Sprintf("Appointments: Tue 1 Dec 2026 10:00 CET. Ref ABC%06d. Reply STOP to opt out", i)},
	}
	r := httptest.NewRequest(http.MethodPost, "/2010-04-01/Accounts/AC1/Messages.json", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("AC1", "token")
	return r
}
