package mailgun_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// description is Mailgun's own description of its API, see testdata/README.md.
type description struct {
	doc    *openapi3.T
	router routers.Router
}

func published(t testing.TB) description {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("testdata/lookups.openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return description{doc, router}
}

// check returns what Mailgun's description has against a request.
func (d description) check(r *http.Request) error {
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: basic, MultiError: true},
	})
}

// basic demands what the description's security scheme demands.
func basic(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	user, password, ok := in.RequestValidationInput.Request.BasicAuth()
	if !ok || user != "api" || password == "" || in.SecurityScheme.Scheme != "basic" {
		return fmt.Errorf("scheme %s: no credentials", in.SecurityScheme.Scheme)
	}
	return nil
}

// real returns r as Mailgun would have got it, with another body where one is
// given.
func real(t *testing.T, r request, body string) *http.Request {
	t.Helper()
	out := httptest.NewRequestWithContext(t.Context(), r.Method, "https://api.mailgun.net"+r.Path+"?"+r.RawQuery, strings.NewReader(body))
	out.Header.Set("Content-Type", r.Type)
	out.SetBasicAuth("api", r.Key)
	return out
}

// looked returns the requests of a look-up over two pages of logs, and of one in
// the events.
func looked(t *testing.T) (logs []request, events request) {
	t.Helper()
	server := newScripted(t)
	n := confirmation(t, patient)
	server.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != logsPath:
			_, _ = io.WriteString(w, page(""))
		case len(server.seen()) > 1:
			_, _ = io.WriteString(w, logsAnswer(""))
		default:
			_, _ = io.WriteString(w, logsAnswer("dG9rZW4", logRow("accepted", "other@mg.clinic.example", "mg.clinic.example")))
		}
	}
	for _, api := range []mailgun.LookUpAPI{mailgun.LookUpLogs, mailgun.LookUpEvents} {
		if _, err := lookUpBy(t, server, api, n, time.Hour); !errors.Is(err, ports.ErrNotFound) {
			t.Fatal(err)
		}
	}
	seen := server.seen()
	if len(seen) != 3 {
		t.Fatalf("%d requests, want two pages of logs and one of events", len(seen))
	}
	return seen[:2], seen[2]
}

// receiptRequests returns what reading receipts asks of both APIs, over two pages
// of a span and about one message.
func receiptRequests(t *testing.T) (all []request) {
	t.Helper()
	for _, api := range []mailgun.LookUpAPI{mailgun.LookUpLogs, mailgun.LookUpEvents} {
		server, source := withBook(t, api)
		at := time.Now().Add(-time.Hour)
		for range 101 {
			server.book.tell(ports.Receipt{ProviderID: server.book.accept(at), Kind: domain.ReceiptDelivered, At: at}, false)
		}
		if _, err := source.Read(t.Context(), ports.Span{From: at, To: at.Add(time.Second)}, func(ports.Receipt) {}); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Ask(t.Context(), ports.SentMessage{ProviderID: "k1@mg.clinic.example", SentAt: at}); err != nil {
			t.Fatal(err)
		}
		all = append(all, server.seen()...)
	}
	return all
}

func TestQuestionsAboutReceiptsAreValidByMailgunsOwnDescription(t *testing.T) {
	d := published(t)
	requests := receiptRequests(t)
	if len(requests) < 8 {
		t.Fatalf("%d requests, want two pages of a span and a message, twice", len(requests))
	}
	for _, r := range requests {
		if _, token, paged := strings.Cut(r.Path, "/events/"); paged && token != "" {
			continue // the address of a page is Mailgun's own
		}
		if err := d.check(real(t, r, r.Body)); err != nil {
			t.Errorf("%s %s %s: %v", r.Method, r.Path, r.Body, err)
		}
		if strings.Contains(r.Body, `"token"`) {
			d.knowsEachField(t, r.Body)
		}
	}
}

func TestLookUpsAreValidByMailgunsOwnDescription(t *testing.T) {
	d := published(t)
	logs, events := looked(t)
	for _, r := range append(logs, events) {
		if err := d.check(real(t, r, r.Body)); err != nil {
			t.Errorf("%s %s %s: %v", r.Method, r.Path, r.Body, err)
		}
	}
	d.knowsEachField(t, logs[1].Body)
}

// knowsEachField checks that a search has no member that the description does
// not have: a misspelled one would be ignored, and nothing found.
func (d description) knowsEachField(t *testing.T, body string) {
	t.Helper()
	var sent struct {
		Pagination map[string]json.RawMessage `json:"pagination"`
	}
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &all) != nil || json.Unmarshal([]byte(body), &sent) != nil || len(sent.Pagination) != 3 {
		t.Fatalf("the body of the second page: %s", body)
	}
	for schema, members := range map[string]map[string]json.RawMessage{"LogsRequest": all, "Pagination": sent.Pagination} {
		known := d.doc.Components.Schemas["github.com-mailgun-logs-api-pkg-api-model-"+schema].Value.Properties
		for member := range members {
			if known[member] == nil {
				t.Errorf("%s has no member %s", schema, member)
			}
		}
	}
}

// A check that finds nothing wrong with anything would prove nothing.
func TestMailgunsDescriptionRefusesBadLookUps(t *testing.T) {
	d := published(t)
	logs, events := looked(t)
	post := logs[0]
	for name, bad := range map[string]*http.Request{
		"no body":             real(t, post, ""),
		"a predicate alone":   real(t, post, strings.Replace(post.Body, `"comparator":"=",`, "", 1)),
		"a value alone":       real(t, post, strings.Replace(post.Body, `"label":"mg.clinic.example",`, "", 1)),
		"events as text":      real(t, post, strings.Replace(post.Body, `["accepted","delivered","failed","rejected"]`, `"accepted"`, 1)),
		"a limit as text":     real(t, post, strings.Replace(post.Body, `100`, `"100"`, 1)),
		"no credentials":      real(t, request{Method: post.Method, Path: post.Path, Type: post.Type}, post.Body),
		"below the version 3": real(t, request{Method: post.Method, Path: "/v3" + post.Path, Type: post.Type, Key: post.Key}, post.Body),
		"a page too large":    real(t, request{Method: events.Method, Path: events.Path, Key: events.Key, RawQuery: "limit=301"}, ""),
		"another direction":   real(t, request{Method: events.Method, Path: events.Path, Key: events.Key, RawQuery: "ascending=up"}, ""),
	} {
		if d.check(bad) == nil {
			t.Errorf("%s: nothing was found wrong", name)
		}
	}
}

// What the stand-in answers is what Mailgun says that it answers.
func TestTheStandInsLogsAreMailguns(t *testing.T) {
	schema := published(t).doc.Components.Schemas["github.com-mailgun-logs-api-pkg-api-model-LogsResponse"].Value
	var answer any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(logsAnswer("dG9rZW4", logRow("accepted", "1@mg.clinic.example", "mg.clinic.example")), `,"storage":null`, "")), &answer); err != nil {
		t.Fatal(err)
	}
	if err := schema.VisitJSON(answer); err != nil {
		t.Error(err)
	}
}
