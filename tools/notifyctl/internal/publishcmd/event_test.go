package publishcmd

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

func now() time.Time { return time.Date(2031, 5, 4, 9, 30, 0, 0, time.UTC) }

func TestAnEventAsksForWhatTheFlagsSayAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		command Command
		want    map[domain.Channel]string
	}{
		"an address asks for an e-mail":    {Command{Email: "a@clinic.example"}, map[domain.Channel]string{domain.Email: "a@clinic.example"}},
		"a number alone asks for no text":  {Command{Email: "a@clinic.example", Phone: "+15550100001"}, map[domain.Channel]string{domain.Email: "a@clinic.example"}},
		"--sms asks for a text":            {Command{SMS: true, Phone: "+15550100001"}, map[domain.Channel]string{domain.SMS: "+15550100001"}},
		"--to asks on any channel":         {Command{To: map[domain.Channel]string{domain.SMS: "+15550100001"}}, map[domain.Channel]string{domain.SMS: "+15550100001"}},
		"--to goes before a channel's own": {Command{Email: "a@clinic.example", To: map[domain.Channel]string{domain.Email: "b@clinic.example"}}, map[domain.Channel]string{domain.Email: "b@clinic.example"}},
	} {
		c.command.Count = 1
		records, err := c.command.records(now())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		e, err := domain.NewDecoder().Decode(records[0].value)
		if err != nil || len(e.RequestedChannels()) != len(c.want) || string(records[0].key) != e.AppointmentID {
			t.Errorf("%s: %+v, %v", name, e, err)
			continue
		}
		for ch, want := range c.want {
			if got, err := e.Recipient(ch); err != nil || got != want {
				t.Errorf("%s: %s to %q, %v", name, ch, got, err)
			}
		}
	}
}

func TestEachOfSeveralEventsIsAnAppointmentOfItsOwnTomorrow(t *testing.T) {
	records, err := Command{Email: "a@clinic.example", ID: "a", Count: 3}.records(now())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, r := range records {
		keys = append(keys, string(r.key))
		if e, err := domain.NewDecoder().Decode(r.value); err != nil || !e.Time.Equal(time.Date(2031, 5, 5, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v, %v", e, err)
		}
	}
	if strings.Join(keys, " ") != "a-1 a-2 a-3" {
		t.Errorf("ids %v", keys)
	}
	first, _ := Command{Email: "a@clinic.example", Count: 1}.records(now())
	second, _ := Command{Email: "a@clinic.example", Count: 1}.records(now())
	if string(first[0].key) == string(second[0].key) {
		t.Error("two runs made up the same id: the second would be a duplicate")
	}
}

func TestFlagsThatCannotBeMeantAreRefused(t *testing.T) {
	for want, c := range map[string]Command{
		"--count": {Count: 0},
		`"fax"`:   {Count: 1, To: map[domain.Channel]string{"fax": "1"}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
