package twilio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// onePath is where one message is, without the ".json" that follows.
const onePath = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}"

// description is Twilio's own description of its API, see testdata/README.md.
type description struct {
	doc    *openapi3.T
	router routers.Router
}

func published(t testing.TB) description {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("testdata/messages.openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	// The router knows variables of whole segments only.
	one := doc.Paths.Find(onePath + ".json")
	doc.Paths.Delete(onePath + ".json")
	doc.Paths.Set(onePath, one)
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return description{doc, router}
}

// check returns how a request breaks Twilio's description.
func (d description) check(t *testing.T, r *http.Request) error {
	t.Helper()
	real := r.Clone(t.Context())
	if one, ok := strings.CutSuffix(real.URL.Path, ".json"); ok && strings.Contains(one, "/Messages/") {
		real.URL.Path = one
	}
	real.URL.Scheme, real.URL.Host, real.Host = "https", "api.twilio.com", "api.twilio.com"
	body := strings.NewReader(r.PostForm.Encode())
	real.Body, real.ContentLength = http.NoBody, int64(body.Len())
	if body.Len() > 0 {
		real.Body = readCloser{body}
	}
	route, params, err := d.router.FindRoute(real)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request: real, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: basic, MultiError: true},
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// basic demands what the description's security scheme demands.
func basic(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	user, password, ok := in.RequestValidationInput.Request.BasicAuth()
	if !ok || user == "" || password == "" || in.SecurityScheme.Scheme != "basic" {
		return fmt.Errorf("scheme %s: no credentials", in.SecurityScheme.Scheme)
	}
	return nil
}

// exchanged returns the requests of one send and one look-up over two pages.
func exchanged(t *testing.T) []*http.Request {
	t.Helper()
	server := newScripted(t)
	s := newSender(t, server.config())
	n := note(t, "A-1", patient, time.Now().Add(20*time.Minute))
	fill(server, 60, nil)
	if _, err := s.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	fill(server, 60, nil)
	if _, err := ask(t, s, n, 0); err != nil {
		t.Fatal(err)
	}
	return server.seen()
}

func TestRequestsAreValidByTwiliosOwnDescription(t *testing.T) {
	d := published(t)
	requests := exchanged(t)
	if len(requests) != 3 {
		t.Fatalf("%d requests, want a send and two pages", len(requests))
	}
	for _, r := range requests {
		if err := d.check(t, r); err != nil {
			t.Errorf("%s %s %v: %v", r.Method, r.URL, r.PostForm, err)
		}
	}
}

func TestQuestionsAboutReceiptsAreValidByTwiliosOwnDescription(t *testing.T) {
	d := published(t)
	server := newScripted(t)
	s, at := newSender(t, server.config()), time.Now().Add(-time.Hour)
	id := ""
	for range 51 {
		id = server.take(at)
	}
	if _, err := s.Ask(t.Context(), ports.SentMessage{ProviderID: id, SentAt: at}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), ports.Span{From: at.Add(-time.Minute), To: at.Add(time.Minute)}, func(ports.Receipt) {}); err != nil {
		t.Fatal(err)
	}
	requests := server.seen()
	if len(requests) != 3 {
		t.Fatalf("%d requests, want a message and two pages", len(requests))
	}
	for _, r := range requests {
		if err := d.check(t, r); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
	}
	requests[0].URL.Path = strings.Replace(requests[0].URL.Path, id, "SM1", 1)
	if d.check(t, requests[0]) == nil {
		t.Error("nothing was found wrong with a message that cannot be one")
	}
}

// A check that finds nothing wrong with anything would prove nothing.
func TestTwiliosDescriptionRefusesBadRequests(t *testing.T) {
	d := published(t)
	for name, spoil := range map[string]func(post, get *http.Request) *http.Request{
		"no recipient":       func(post, _ *http.Request) *http.Request { post.PostForm.Del("To"); return post },
		"a validity as text": func(post, _ *http.Request) *http.Request { post.PostForm.Set("ValidityPeriod", "1h"); return post },
		"a flag as text":     func(post, _ *http.Request) *http.Request { post.PostForm.Set("SmartEncoded", "yes"); return post },
		"no credentials":     func(post, _ *http.Request) *http.Request { post.Header.Del("Authorization"); return post },
		"a path without account": func(post, _ *http.Request) *http.Request {
			post.URL.Path = "/2010-04-01/Accounts/AC1/Messages.json"
			return post
		},
		"an unknown path": func(post, _ *http.Request) *http.Request { post.URL.Path += "x"; return post },
		"a page too large": func(_, get *http.Request) *http.Request {
			get.URL.RawQuery = url.Values{"PageSize": {"1001"}}.Encode()
			return get
		},
	} {
		requests := exchanged(t)
		if d.check(t, spoil(requests[0], requests[1])) == nil {
			t.Errorf("%s: nothing was found wrong", name)
		}
	}
}

// example returns the example that Twilio gives for an answer.
func (d description) example(t testing.TB, method string, status int) map[string]any {
	t.Helper()
	return exampleOf(t, d.doc.Paths.Find("/2010-04-01/Accounts/{AccountSid}/Messages.json").GetOperation(method), status)
}

func exampleOf(t testing.TB, operation *openapi3.Operation, status int) map[string]any {
	t.Helper()
	example, ok := operation.Responses.Status(status).Value.Content["application/json"].Example.(map[string]any)
	if !ok {
		t.Fatalf("%s %d has no example", operation.OperationID, status)
	}
	return example
}

func marshal(t testing.TB, document any) []byte {
	t.Helper()
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestTwiliosOwnExamplesAreUnderstood(t *testing.T) {
	d := published(t)
	server := newScripted(t)
	cfg := server.config()
	cfg.AccountSID = "AC" + strings.Repeat("a", 32) // The examples' own.
	s := newSender(t, cfg)
	n := note(t, "A-1", patient, tomorrow())

	server.answer = fixed(http.StatusCreated, "application/json", string(marshal(t, d.example(t, http.MethodPost, http.StatusCreated))))
	accepted, err := s.Send(t.Context(), n)
	if err != nil || accepted.ProviderID != "SM"+strings.Repeat("a", 32) {
		t.Errorf("Send = %+v, %v", accepted, err)
	}

	list := d.example(t, http.MethodGet, http.StatusOK)
	list["messages"].([]any)[0].(map[string]any)["body"] = "Ref " + n.Key.Reference()
	server.answer = fixed(http.StatusOK, "application/json", string(marshal(t, list)))
	accepted, err = s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now()})
	if err != nil || accepted.ProviderID != "SMded05904ccb347238880ca9264e8fe1c" {
		t.Errorf("LookUp = %+v, %v", accepted, err)
	}

	// Twilio's example is a message that has a code and is on its way all the same.
	one := exampleOf(t, d.doc.Paths.Find(onePath).Get, http.StatusOK)
	for status, want := range map[string]string{"sent": "", "undelivered": "filtered"} {
		one["status"] = status
		server.answer = fixed(http.StatusOK, "application/json", string(marshal(t, one)))
		r, err := s.Ask(t.Context(), ports.SentMessage{ProviderID: one["sid"].(string), SentAt: time.Now()})
		if err != nil || r.Reason != want || want != "" && r.At.Year() != 2019 {
			t.Errorf("Ask about what is %s = %+v, %v", status, r, err)
		}
	}
}
