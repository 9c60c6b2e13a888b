package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// errStatus stands for an answer with another status than the call wants. What
// it was stands in the exchange.
var errStatus = errors.New("the provider answered with another status")

// request is one HTTP request in the form in which the SDK wants a client. The
// SDK's own client cannot be used: it has no context and no base URL, hides
// status and headers of an error, never closes the body of one, takes redirects
// for success, and reads its region from the environment.
type request struct {
	*Sender
	// ctx is here because the SDK's interface has no place for one. It carries
	// the deadline and the exchange of this one request.
	ctx context.Context
	// want is the one status that means success.
	want int
}

var _ client.BaseClient = (*request)(nil)

// request returns the SDK's service for one request.
func (s *Sender) request(ctx context.Context, want int) *api.ApiService {
	return api.NewApiService(s.handler(ctx, want))
}

// handler returns the part of the SDK that the service stands on. It is not made
// with the SDK's constructor, which reads TWILIO_EDGE and TWILIO_REGION.
func (s *Sender) handler(ctx context.Context, want int) *client.RequestHandler {
	return &client.RequestHandler{Client: &request{Sender: s, ctx: ctx, want: want}}
}

// SendRequest implements client.BaseClient. The body of the answer is already in
// memory and bounded. There is nothing here for net/http's client to do: no redirect
// is followed, and there are no cookies.
func (r *request) SendRequest(method, rawURL string, data url.Values, headers map[string]any, _ ...byte) (*http.Response, error) {
	req, err := r.build(method, rawURL, data)
	if err != nil {
		return nil, err
	}
	for key, value := range headers {
		req.Header.Set(key, fmt.Sprint(value))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "twilio-go/"+client.LibraryVersion)
	req.Header.Set("Authorization", r.credentials)
	resp, err := r.client.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != r.want {
		_ = resp.Body.Close()
		return nil, errStatus
	}
	return resp, nil
}

// build puts the data where the method wants it and moves the request below the
// configured base URL.
func (r *request) build(method, rawURL string, data url.Values) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if method == http.MethodPost {
		body = strings.NewReader(data.Encode())
	}
	req, err := http.NewRequestWithContext(r.ctx, method, rawURL, body)
	if err != nil {
		return nil, err
	}
	u := req.URL
	u.Scheme, u.Host, u.Path, u.RawPath = r.base.Scheme, r.base.Host, r.base.Path+u.Path, ""
	req.Host = u.Host
	if method != http.MethodPost && len(data) > 0 {
		u.RawQuery = data.Encode()
	}
	return req, nil
}

// AccountSid implements client.BaseClient.
func (r *request) AccountSid() string { return r.account }

// SetTimeout implements client.BaseClient; the context has the deadline.
func (r *request) SetTimeout(time.Duration) {}

// SetOauth implements client.BaseClient; basic authentication is used.
func (r *request) SetOauth(client.OAuth) {}

// OAuth implements client.BaseClient.
func (r *request) OAuth() client.OAuth { return nil }
