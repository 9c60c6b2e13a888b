package mailgun_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

const logsPath = "/v1/analytics/logs"

// search is what a request to the Logs API asks for.
type search struct {
	Start, End, Duration string
	Events               []string
	Filter               struct {
		And []struct {
			Attribute, Comparator string
			Values                []struct{ Label, Value string }
		} `json:"AND"`
	}
	Subaccounts *bool `json:"include_subaccounts"`
	Pagination  struct {
		Sort, Token string
		Limit       int
	}
}

// value returns what a filter for equality asks for.
func (q search) value(attribute string) string {
	for _, p := range q.Filter.And {
		if p.Attribute == attribute && p.Comparator == "=" && len(p.Values) == 1 && p.Values[0].Label == p.Values[0].Value {
			return p.Values[0].Value
		}
	}
	return ""
}

// logs answers as Mailgun's Logs API does: it refuses a start before what it
// keeps, and its rows are those of the whole account.
func (s *scripted) logs(w http.ResponseWriter, body string) {
	var q search
	start, err := time.Time{}, json.Unmarshal([]byte(body), &q)
	if err == nil {
		start, err = time.Parse(time.RFC1123Z, q.Start)
	}
	switch {
	case err != nil || q.value("domain") == "":
		http.Error(w, `{"message": "invalid request"}`, http.StatusBadRequest)
		return
	case time.Since(start) > eventsRetention:
		http.Error(w, `{"message": "the start is outside of the log retention of the account"}`, http.StatusBadRequest)
		return
	}
	var rows []string
	s.mu.Lock()
	for _, a := range s.accepted {
		id := strings.Trim(a.Form["h:Message-Id"][0], "<>")
		if want := q.value("message_id"); (want == "" || id == want) && strings.Split(id, "@")[1] == q.value("domain") && !a.at.Before(start) {
			rows = append(rows, logRow("accepted", id, q.value("domain")))
		}
	}
	s.mu.Unlock()
	_, _ = io.WriteString(w, logsAnswer("", rows...))
}

// logsAnswer is a page of Mailgun's logs.
func logsAnswer(next string, rows ...string) string {
	pagination := `{}`
	if next != "" {
		pagination = `{"next":"` + next + `","total":9}`
	}
	return `{"start":"Tue, 06 May 2031 00:00:00 +0000","end":"Wed, 07 May 2031 00:00:00 +0000","items":[` + strings.Join(rows, ",") + `],"pagination":` + pagination + `,"aggregates":{}}`
}

func logRow(event, messageID, domain string) string {
	return `{"id":"L","event":"` + event + `","@timestamp":"2031-05-06T10:00:00.000Z","domain":{"name":"` + domain + `"},` +
		`"message":{"headers":{"message-id":"` + messageID + `"}},"user-variables":"{}","storage":null}`
}
