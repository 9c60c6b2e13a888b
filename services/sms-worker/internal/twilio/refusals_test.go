package twilio_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

// row is one answer that says no.
type row struct {
	status, code int
	class        domain.Class
	// wait is the least delay before the next try.
	wait time.Duration
}

const (
	recipient     = domain.ClassRecipientRejected
	rejected      = domain.ClassMessageRejected
	configuration = domain.ClassConfiguration
	transient     = domain.ClassTransient
	unknown       = domain.ClassUnknownOutcome
	// either is configuration, or only this recipient's fault.
	either domain.Class = "either"
)

// rows are the codes that creating a message can meet.
func rows() []row {
	return []row{
		{400, 21211, recipient, 0},
		{400, 21265, recipient, 0},
		{400, 21266, recipient, 0},
		{400, 21408, recipient, 0},
		{400, 21610, recipient, 0},
		{400, 21612, recipient, 0},
		{400, 21614, recipient, 0},
		{400, 21635, recipient, 0},

		{400, 21602, rejected, 0},
		{400, 21604, rejected, 0},
		{400, 21605, rejected, 0},
		{400, 21617, rejected, 0},
		{400, 21619, rejected, 0},
		{400, 21658, rejected, 0},

		{401, 20003, configuration, 0},
		{403, 20005, configuration, 0},
		{403, 20006, configuration, 0},
		{403, 20008, configuration, 0},
		{403, 20403, configuration, 0},
		{404, 20404, configuration, 0},
		{403, 10001, configuration, 0},
		{403, 10002, configuration, 0},
		{403, 70051, configuration, 0},
		{403, 90010, configuration, 0},
		{400, 21212, configuration, 0},
		{400, 21222, configuration, 0},
		{400, 21224, configuration, 0},
		{400, 21601, configuration, 0},
		{400, 21603, configuration, 0},
		{400, 21607, configuration, 0},
		{400, 21660, configuration, 0},
		{400, 21661, configuration, 0},

		{400, 21606, either, 0},
		{400, 21608, either, 0},
		{400, 21659, either, 0},
		{400, 572005, either, 0},

		{429, 20429, transient, 0},
		{429, 21611, transient, 5 * time.Minute},
		{429, 63017, transient, 10 * time.Second},
		{429, 63038, transient, 30 * time.Minute},
		{400, 63038, transient, 30 * time.Minute},
		{400, 60728, transient, 30 * time.Minute},
		{400, 21730, transient, 0},
	}
}

func TestEachCodeHasItsClass(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	codes := map[int]bool{}
	for _, r := range rows() {
		codes[r.code] = true
		// Twilio's texts quote the number; the status in the body is not to be trusted.
		server.answer = fixed(r.status, "application/json", fmt.Sprintf(`{"code": %d, "status": 500, "message": "about %s"}`, r.code, patient))
		want := domain.Failure{Class: r.class, Code: fmt.Sprintf("twilio.%d", r.code), RetryAfter: r.wait}
		if r.class == either {
			want.Class, want.Ambiguous = configuration, true
		}
		checkRefusal(t, s, fmt.Sprintf("HTTP %d, code %d", r.status, r.code), want)
	}
	if n := twilio.KnownCodes(); n != len(codes) {
		t.Errorf("the adapter knows %d codes, %d are tested", n, len(codes))
	}
}

// checkRefusal sends and compares what came of it.
func checkRefusal(t *testing.T, s *twilio.Sender, name string, want domain.Failure) {
	t.Helper()
	_, err := s.Send(t.Context(), note(t, "A-1", patient, tomorrow()))
	f := domain.AsFailure(err)
	if f.Class != want.Class || f.Code != want.Code || f.RetryAfter != want.RetryAfter || f.Unrecognized != want.Unrecognized || f.Ambiguous != want.Ambiguous || f.Unreachable || f.Detail == "" {
		t.Errorf("%s: %+v, want %+v", name, f, want)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %v", err, f, f.Cause), patient[1:]) {
		t.Errorf("%s: the error shows the number", name)
	}
}

func TestAnswersWithoutAKnownCodeAreJudgedByTheirStatus(t *testing.T) {
	unrecognized := func(code string) domain.Failure {
		return domain.Failure{Class: rejected, Code: code, Unrecognized: true}
	}
	open := func(code string) domain.Failure { return domain.Failure{Class: unknown, Code: code} }
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   domain.Failure
	}{
		{"a new code", 400, `{"code": 29999, "status": 400}`, unrecognized("twilio.29999")},
		{"a 400 in HTML", 400, `<html>Bad Request</html>`, open("twilio.http.400")},
		{"a 400 without a body", 400, ``, open("twilio.http.400")},
		{"a code that is not one", 422, `{"code": -7}`, open("twilio.http.422")},
		{"a code beyond all codes", 422, `{"code": 12345678901}`, open("twilio.http.422")},
		{"a code as text", 400, `{"code": "21211"}`, open("twilio.http.400")},
		{"a new code of a refused login", 401, `{"code": 29999}`, domain.Failure{Class: configuration, Code: "twilio.29999"}},
		{"a 401", 401, ``, domain.Failure{Class: configuration, Code: "twilio.http.401"}},
		{"a 402", 402, ``, domain.Failure{Class: configuration, Code: "twilio.http.402"}},
		{"a 403 of a firewall", 403, `<html>`, domain.Failure{Class: configuration, Code: "twilio.http.403"}},
		{"a 404 of another server", 404, `404 page not found`, domain.Failure{Class: configuration, Code: "twilio.http.404"}},
		{"a 405", 405, ``, domain.Failure{Class: configuration, Code: "twilio.http.405"}},
		{"a 407 of a proxy", 407, ``, domain.Failure{Class: configuration, Code: "twilio.http.407"}},
		{"a 413", 413, ``, domain.Failure{Class: rejected, Code: "twilio.http.413"}},
		{"a 429", 429, ``, domain.Failure{Class: transient, Code: "twilio.http.429"}},
		{"a 429 with a new code", 429, `{"code": 29999}`, domain.Failure{Class: transient, Code: "twilio.29999"}},
	} {
		server := newScripted(t)
		server.answer = fixed(c.status, "text/plain", c.body)
		checkRefusal(t, newSender(t, server.config()), c.name, c.want)
	}
}

func TestTheLongerDelayWins(t *testing.T) {
	for _, c := range []struct {
		code  int
		asked string
		want  time.Duration
	}{
		{20429, "17", 17 * time.Second},
		{21611, "17", 5 * time.Minute},
		{21611, "7200", 2 * time.Hour},
		{63038, "99999999", 24 * time.Hour},
	} {
		server := newScripted(t)
		server.answer = fixed(http.StatusTooManyRequests, "application/json", fmt.Sprintf(`{"code": %d}`, c.code), "Retry-After", c.asked)
		want := domain.Failure{Class: transient, Code: fmt.Sprintf("twilio.%d", c.code), RetryAfter: c.want}
		checkRefusal(t, newSender(t, server.config()), fmt.Sprintf("%d, Retry-After %s", c.code, c.asked), want)
	}
}
