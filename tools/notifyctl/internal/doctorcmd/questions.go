package doctorcmd

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

// mailgun returns the question for Mailgun, with the look-ups' APIs, order and key.
func mailgun(m emailworker.Mailgun) question {
	base := strings.TrimSuffix(m.APIBaseURL, "/v3")
	events := way{
		name: "Events API", method: http.MethodGet, members: []string{"items", "paging"},
		url: base + "/v3/" + url.PathEscape(m.Domain) + "/events?limit=1",
	}
	logs := way{
		name: "Logs API", method: http.MethodPost, members: []string{"items", "pagination"},
		url: base + "/v1/analytics/logs", body: logsOf(m.Domain),
	}
	q := question{
		provider: "Mailgun", user: "api", password: m.LookUpKey().Reveal(),
		settings: "MAILGUN_READ_API_KEY, or MAILGUN_API_KEY where that is not set (a key that may read events and logs, not a sending key), MAILGUN_DOMAIN and MAILGUN_API_BASE_URL (region)",
	}
	switch m.LookUpAPI {
	case "events":
		q.ways = []way{events}
	case "logs":
		q.ways = []way{logs}
	default:
		q.ways = []way{events, logs}
	}
	return q
}

// logsOf asks for one row of the domain, of the last day.
func logsOf(domain string) string {
	return fmt.Sprintf(`{"events":["accepted"],"filter":{"AND":[{"attribute":"domain","comparator":"=","values":[{"label":%[1]q,"value":%[1]q}]}]},`+
		`"include_subaccounts":false,"pagination":{"sort":"timestamp:asc","limit":1}}`, domain)
}

func twilio(t smsworker.Twilio) question {
	return question{
		provider: "Twilio", user: t.AccountSID, password: t.AuthToken.Reveal(),
		settings: "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_BASE_URL",
		ways: []way{{
			name: "list of messages", method: http.MethodGet, members: []string{"messages", "next_page_uri"},
			url: t.APIBaseURL + "/2010-04-01/Accounts/" + url.PathEscape(t.AccountSID) + "/Messages.json?PageSize=1",
		}},
	}
}
