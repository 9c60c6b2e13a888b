package mailgun_test

import (
	"net/http"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// The first status is that of Events, the second that of Logs.
func TestLogsAreAskedWhereEventsDoNotAnswer(t *testing.T) {
	n := confirmation(t, patient)
	mine := n.Key.String() + "@mg.clinic.example"
	hit, none := page("https://api.mailgun.example/v3/mg.clinic.example/events/1", eventOf("accepted", mine)), page("")
	logsHit, logsNone := logsAnswer("", logRow("accepted", mine, "mg.clinic.example")), logsAnswer("", logRow("opened", mine, "mg.clinic.example"))
	const refused = "unknown_outcome mailgun.lookup."
	for name, c := range map[string]struct {
		events     int
		eventsBody string
		logs       int
		logsBody   string
		want       string
		asked      int
	}{
		"found in events":                  {200, hit, 500, "", "", 1},
		"events say no":                    {200, none, 200, logsHit, "not found", 1},
		"events gone, found in logs":       {410, "", 200, logsHit, "", 2},
		"events gone, logs say no":         {410, "", 200, logsNone, "not found", 2},
		"events not there, logs say no":    {404, "", 200, logsNone, "not found", 2},
		"events forbidden, logs say no":    {403, "", 200, logsNone, "not found", 2},
		"events without right, logs no":    {401, "", 200, logsNone, "not found", 2},
		"events fail, found in logs":       {503, "", 200, logsHit, "", 2},
		"events fail, logs say no":         {503, "", 200, logsNone, "transient mailgun.lookup.503", 2},
		"events limited, logs say no":      {429, "", 200, logsNone, "transient mailgun.lookup.429", 2},
		"events unreadable, logs say no":   {200, "{}", 200, logsNone, "transient mailgun.lookup.unreadable", 2},
		"events gone, logs show nothing":   {410, "", 200, logsAnswer(""), refused + "410", 3},
		"both gone":                        {410, "", 410, "", refused + "410", 2},
		"both without right":               {401, "", 403, "", refused + "401", 2},
		"events gone, logs fail":           {410, "", 500, "", "transient mailgun.lookup.500", 2},
		"events fail, logs gone":           {500, "", 410, "", "transient mailgun.lookup.500", 2},
		"both fail":                        {502, "", 503, "", "transient mailgun.lookup.502", 2},
		"events gone, logs not that old":   {410, "", 400, `{"message":"log retention"}`, refused + "expired", 2},
		"events fail, logs not that old":   {500, "", 400, `{"message":"log retention"}`, refused + "expired", 2},
		"events gone, logs not understood": {410, "", 400, `{"message":"x"}`, refused + "410", 2},
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == logsPath {
				fixed(c.logs, c.logsBody)(w, r)
			} else {
				fixed(c.events, c.eventsBody)(w, r)
			}
		}
		_, err := lookUpBy(t, server, mailgun.LookUpAuto, n, 0)
		if asked := len(server.seen()); errOf(err) != c.want || asked != c.asked {
			t.Errorf("%s: %v after %d requests, want %q after %d", name, err, asked, c.want, c.asked)
		}
	}
}
