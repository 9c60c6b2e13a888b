package twilio

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
)

// failure is one of Twilio's errors.
type failure struct {
	code, status int
	text         string
}

func (f failure) answer() exchange.Answer {
	return jsonAnswer(f.status, struct {
		Code     int    `json:"code"`
		Message  string `json:"message"`
		MoreInfo string `json:"more_info"`
		Status   int    `json:"status"`
	}{f.code, f.text, fmt.Sprintf("https://www.twilio.com/docs/errors/%d", f.code), f.status})
}

// failures lists the errors of www.twilio.com/docs/api/errors that a send can
// meet; %s stands for the number in question.
func failures() []failure {
	const bad = http.StatusBadRequest
	return []failure{
		{20003, http.StatusUnauthorized, "Authenticate"},
		{20403, http.StatusForbidden, "Forbidden"},
		{20404, http.StatusNotFound, "The requested resource was not found"},
		{20429, http.StatusTooManyRequests, "Too Many Requests"},
		{20500, http.StatusInternalServerError, "Internal Server Error"},
		{21211, bad, "The 'To' number %s is not a valid phone number."},
		{21212, bad, "The 'From' number %s is not a valid phone number, shortcode, or alphanumeric sender ID."},
		{21266, bad, "'To' and 'From' number cannot be the same: %s"},
		{21408, bad, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s"},
		{21602, bad, "Message body is required."},
		{21603, bad, "A 'From' phone number is required."},
		{21604, bad, "A 'To' phone number is required."},
		{21606, bad, "The From phone number %s is not a valid, SMS-capable inbound phone number or short code for your account."},
		{21608, bad, "The number %s is unverified. Trial accounts cannot send messages to unverified numbers."},
		{21610, bad, "Attempt to send to unsubscribed recipient: %s"},
		{21611, http.StatusTooManyRequests, "This 'From' number %s has exceeded the maximum number of queued messages."},
		{21612, bad, "The 'To' phone number %s is not currently reachable via SMS."},
		{21614, bad, "'To' number %s is not a valid mobile number"},
		{21617, bad, "The concatenated message body exceeds the 1600 character limit."},
		{21635, bad, "'To' number %s cannot be a landline"},
		{63038, http.StatusTooManyRequests, "Account exceeded the daily messages limit"},
		{90007, bad, "Invalid validity period value"},
	}
}

// failed returns the answer with the error code about a number.
func failed(code int, number string) exchange.Answer {
	for _, f := range failures() {
		if f.code == code {
			f.text = strings.Replace(f.text, "%s", number, 1)
			return f.answer()
		}
	}
	return failure{code, http.StatusBadRequest, fmt.Sprintf("Error %d", code)}.answer()
}

// Scripted returns Twilio's usual answer: by error code, or else by status. A
// 502, 503 or 504 comes from the load balancer and is not JSON.
func (a *API) Scripted(status, code int, to string) exchange.Answer {
	if code != 0 {
		return failed(code, to)
	}
	switch status {
	case http.StatusUnauthorized:
		return failed(20003, "")
	case http.StatusForbidden:
		return failed(20403, "")
	case http.StatusTooManyRequests:
		return failed(20429, "")
	case http.StatusBadRequest:
		return failed(21211, to)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		text := http.StatusText(status)
		page := fmt.Sprintf("<html><head><title>%d %s</title></head><body><h1>%d %s</h1></body></html>", status, text, status, text)
		return exchange.Answer{Status: status, ContentType: "text/html", Body: []byte(page)}
	}
	return failure{20000 + status, status, http.StatusText(status)}.answer()
}
