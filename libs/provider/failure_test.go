package provider_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// loss is one way in which an exchange ends without a complete answer.
type loss struct {
	dial   func(context.Context, string, string) (net.Conn, error)
	cancel bool
	want   domain.Failure
}

func losses() map[string]loss {
	unresolved := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.example", IsNotFound: true}
	}
	hanging := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	silent := wire(new(sink).read)
	unsent := func(code string, unreachable bool) domain.Failure {
		return domain.Failure{Class: domain.ClassTransient, Code: code, Unreachable: unreachable}
	}
	unknown := func(code string) domain.Failure {
		return domain.Failure{Class: domain.ClassUnknownOutcome, Code: code}
	}
	return map[string]loss{
		"no such host":              {unresolved, false, unsent("p.unreachable", true)},
		"deadline while dialling":   {hanging, false, unsent("p.deadline", true)},
		"cancelled while dialling":  {hanging, true, unsent("canceled", false)},
		"deadline after the write":  {silent, false, unknown("p.timeout")},
		"cancelled after the write": {silent, true, unknown("p.abandoned")},
		"closed without an answer":  {saying(""), false, unknown("p.no_answer")},
		"not HTTP":                  {saying("220 smtp.example ESMTP\r\n"), false, unknown("p.no_answer")},
		"a body that breaks off":    {saying("HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nno"), false, unknown("p.truncated")},
	}
}

// saying answers the first bytes of a request with text and hangs up.
func saying(text string) func(context.Context, string, string) (net.Conn, error) {
	return wire(func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
		_ = c.Close()
	})
}

func TestWithoutACompleteAnswerTheFailureDependsOnWhatWasWritten(t *testing.T) {
	for name, c := range losses() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if c.cancel {
					time.AfterFunc(time.Second, cancel)
				}
				begin := time.Now()
				x, err := post(ctx, t, newClient(t, options(c.dial)), "http://api.example/?to=patient@clinic.example", textBody())
				f := x.Unanswered("p", err)
				if f == nil || f.Class != c.want.Class || f.Code != c.want.Code || f.Unreachable != c.want.Unreachable || f.Late {
					t.Fatalf("failure = %+v, want %+v", f, c.want)
				}
				if time.Since(begin) > 5*time.Second {
					t.Errorf("it took %s", time.Since(begin))
				}
				for e := error(f); e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), "patient") {
						t.Errorf("the error quotes the recipient: %v", e)
					}
				}
			})
		})
	}
}

func TestACompleteAnswerIsForTheProvidersTable(t *testing.T) {
	c := newClient(t, options(wire(answering("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", nil))))
	x, err := post(t.Context(), t, c, "http://api.example/", textBody())
	if f := x.Unanswered("p", err); f != nil || x.Status() != 503 || string(x.Body()) != "no" {
		t.Errorf("failure %v, status %d, body %q", f, x.Status(), x.Body())
	}
}

func TestServerErrorsTimeoutsAndRedirectsDecideNothing(t *testing.T) {
	for status, want := range map[int]bool{
		200: false, 204: false, 302: true, 304: true, 308: true, 400: false, 407: false, 408: true, 409: false,
		429: false, 499: false, 500: true, 503: true, 520: true, 599: true,
	} {
		if provider.Undecided(status) != want {
			t.Errorf("Undecided(%d) = %v", status, !want)
		}
	}
}
