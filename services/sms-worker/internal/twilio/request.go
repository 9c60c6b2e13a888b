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

// errStatus stands for an answer with another status than the call wants. The exchange
// has the status.
var errStatus = errors.New("the provider answered with another status")

// request is one HTTP request, as a client for the SDK. The SDK's own client cannot be
// used: it has neither a context nor a base URL, hides the status and headers of
// errors, never closes their bodies, treats redirects as success, and reads its region
// from the environment.
type request struct {
	*Sender
	// ctx is a field because the SDK's interface has no parameter for it. It carries
	// the deadline and the exchange of this request.
	ctx context.Context
	// want is the one status that means success.
	want int
}

var _ client.BaseClient = (*request)(nil)

// request returns the SDK's service for one request.
func (s *Sender) request(ctx context.Context, want int) *api.ApiService {
	return api.NewApiService(s.handler(ctx, want))
}

// handler returns the part of the SDK that the service is built on. It is not made with
// the SDK's constructor, which reads TWILIO_EDGE and TWILIO_REGION.
func (s *Sender) handler(ctx context.Context, want int) *client.RequestHandler {
	return &client.RequestHandler{Client: &request{Sender: s, ctx: ctx, want: want}}
}

// SendRequest implements client.BaseClient. The body of the answer is already in memory
// and bounded. net/http's client is not needed, because redirects are not followed and
// there are no cookies.
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

// build puts the data into the query or the body, by the method, and moves the request
// below the configured base URL.
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
