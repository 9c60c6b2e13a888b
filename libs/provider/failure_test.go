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

func TestWithoutACompleteAnswerTheFailureDependsOnWhatWasWritten(t *testing.T) {
	resolves := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.example", IsNotFound: true}
	}
	hangs := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	silent := wire(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	partial := func(answer string) func(context.Context, string, string) (net.Conn, error) {
		return wire(func(c net.Conn) {
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		})
	}
	for name, c := range map[string]struct {
		dial        func(context.Context, string, string) (net.Conn, error)
		cancel      bool
		class       domain.Class
		code        string
		unreachable bool
	}{
		"no such host":              {resolves, false, domain.ClassTransient, "p.unreachable", true},
		"deadline while dialling":   {hangs, false, domain.ClassTransient, "p.deadline", true},
		"cancelled while dialling":  {hangs, true, domain.ClassTransient, "canceled", false},
		"deadline after the write":  {silent, false, domain.ClassUnknownOutcome, "p.timeout", false},
		"cancelled after the write": {silent, true, domain.ClassUnknownOutcome, "p.abandoned", false},
		"closed without an answer":  {partial(""), false, domain.ClassUnknownOutcome, "p.no_answer", false},
		"not HTTP":                  {partial("220 smtp.example ESMTP\r\n"), false, domain.ClassUnknownOutcome, "p.no_answer", false},
		"a body that breaks off":    {partial("HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nno"), false, domain.ClassUnknownOutcome, "p.truncated", false},
	} {
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
				if f == nil || f.Class != c.class || f.Code != c.code || f.Unreachable != c.unreachable {
					t.Fatalf("failure = %+v, want %s %s, unreachable %v", f, c.class, c.code, c.unreachable)
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
