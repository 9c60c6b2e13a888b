package twilio_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"
)

// arrived is a request as it came over the wire.
type arrived struct {
	line, host, body string
	header           http.Header
}

// overTheWire returns a dialler to a server that gives each request to seen and
// accepts it.
func overTheWire(seen chan<- arrived) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			r, err := http.ReadRequest(bufio.NewReader(far))
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			seen <- arrived{r.Method + " " + r.RequestURI + " " + r.Proto, r.Host, string(body), r.Header}
			_, _ = io.WriteString(far, "HTTP/1.1 201 Created\r\nContent-Length: 45\r\n\r\n"+`{"sid": "SM0123456789abcdef0123456789abcdef"}`)
		}()
		return near, nil
	}
}

// The request on the wire must not change unintentionally.
func TestARequestOnTheWire(t *testing.T) {
	const path = "/2010-04-01/Accounts/" + account + "/Messages.json"
	n := note(t, "A-1", patient, time.Date(2031, 5, 6, 12, 30, 0, 0, time.UTC))
	body := "Body=" + url.QueryEscape("Clinic: appointment confirmed for Tue 6 May 2031, 12:30 UTC. Ref "+n.Key.Reference()+". Reply STOP to opt out.") +
		"&From=%2B18885550100&SmartEncoded=true&To=%2B15550100042&ValidityPeriod=36000"
	header := http.Header{
		"Accept": {"application/json"}, "User-Agent": {"twilio-go/1.31.0"}, "Content-Type": {"application/x-www-form-urlencoded"},
		"Authorization":  {"Basic " + base64.StdEncoding.EncodeToString([]byte(account+":"+token))},
		"Content-Length": {strconv.Itoa(len(body))},
	}
	for base, want := range map[string]arrived{
		"http://api.twilio.example":             {line: "POST " + path + " HTTP/1.1", host: "api.twilio.example"},
		"http://api.twilio.example:8080/":       {line: "POST " + path + " HTTP/1.1", host: "api.twilio.example:8080"},
		"http://gateway.example:/a%20b/c%2Fd//": {line: "POST /a%20b/c/d" + path + " HTTP/1.1", host: "gateway.example"},
		"http://[2001:db8::1]/":                 {line: "POST " + path + " HTTP/1.1", host: "[2001:db8::1]"},
	} {
		seen := make(chan arrived, 1)
		cfg := newScripted(t).config()
		cfg.BaseURL, cfg.DialContext = base, overTheWire(seen)
		if _, err := newSender(t, cfg).Send(t.Context(), n); err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		got := <-seen
		if got.line != want.line || got.host != want.host || got.body != body {
			t.Errorf("%s: %s to %s\n%s\nwant %s to %s\n%s", base, got.line, got.host, got.body, want.line, want.host, body)
		}
		if !maps.EqualFunc(got.header, header, slices.Equal) {
			t.Errorf("%s: the header is\n%v\nwant\n%v", base, got.header, header)
		}
	}
}
