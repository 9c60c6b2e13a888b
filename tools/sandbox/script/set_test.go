package script_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

func send(to string) script.Request {
	return script.Request{Channel: "email", Kind: "send", Recipient: to}
}

// hits reports on which of n sends the set acted.
func hits(t *testing.T, n int, rules ...script.Rule) []int {
	t.Helper()
	var set script.Set
	for _, r := range rules {
		if _, err := set.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	var found []int
	for i := range n {
		if set.Decide(send("a@x.example")).Action != nil {
			found = append(found, i+1)
		}
	}
	return found
}

func TestARuleActsOnTheRequestsThatItsCountersName(t *testing.T) {
	reset := script.Action{Type: script.Reset}
	for _, c := range []struct {
		name string
		rule script.Rule
		want []int
	}{
		{"all", script.Rule{Action: reset}, []int{1, 2, 3, 4, 5, 6}},
		{"each third", script.Rule{Match: script.Match{Every: 3}, Action: reset}, []int{3, 6}},
		{"after two, each second", script.Rule{Match: script.Match{Skip: 2, Every: 2}, Action: reset}, []int{4, 6}},
		{"each second, twice at most", script.Rule{Match: script.Match{Every: 2}, Count: 2, Action: reset}, []int{2, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hits(t, 6, c.rule); !reflect.DeepEqual(got, c.want) {
				t.Errorf("acted on %v, want %v", got, c.want)
			}
		})
	}
}

func TestOneSeedDrawsOneSequence(t *testing.T) {
	rule := func(seed uint64) script.Rule {
		return script.Rule{Match: script.Match{Probability: 0.2, Seed: seed}, Action: script.Action{Type: script.Reset}}
	}
	first := hits(t, 1000, rule(7))
	if n := len(first); n < 150 || n > 250 {
		t.Errorf("a fifth of 1000 is %d", n)
	}
	if !reflect.DeepEqual(first, hits(t, 1000, rule(7))) {
		t.Error("the same seed drew another sequence")
	}
	if reflect.DeepEqual(first, hits(t, 1000, rule(8))) {
		t.Error("another seed drew the same sequence")
	}
}

func TestARuleEndsWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var set script.Set
		if _, err := set.Add(script.Rule{For: time.Minute, Action: script.Action{Type: script.Down}}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute - time.Nanosecond)
		if set.Decide(send("")).Action == nil {
			t.Error("ended too early")
		}
		<-time.After(time.Nanosecond)
		if set.Decide(send("")).Action != nil || !set.Rules()[0].Spent {
			t.Error("goes on after its time")
		}
	})
}

func TestLatenciesAddUpAndTheFirstOtherRuleDecides(t *testing.T) {
	var set script.Set
	for _, r := range []script.Rule{
		{Action: script.Action{Type: script.Answer, Status: 500}},
		{Action: script.Action{Type: script.Reset}},
		{Action: script.Action{Type: script.Latency, Delay: time.Second, AcceptAt: script.AcceptAtEnd}},
		{Action: script.Action{Type: script.Latency, Delay: time.Second, DelayMax: 3 * time.Second}},
	} {
		if _, err := set.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		p := set.Decide(send(""))
		if whole := p.Before + p.After; p.Action.Status != 500 || p.Before < time.Second || whole < 2*time.Second || whole > 4*time.Second {
			t.Fatalf("%+v", p)
		}
	}
}

func TestAStarStandsForAnyRunOfCharacters(t *testing.T) {
	for _, c := range []struct {
		pattern, to string
		want        bool
	}{
		{"a@x.example", "A@X.example", true},
		{"a@x.example", "aa@x.example", false},
		{"*@x.example", "a@x.example", true},
		{"+1555*", "+15550101234", true},
		{"+1555*", "+4915550101", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c", false},
		{"ab*ba", "aba", false},
	} {
		var set script.Set
		if _, err := set.Add(script.Rule{Match: script.Match{Recipient: c.pattern}, Action: script.Action{Type: script.Reset}}); err != nil {
			t.Fatal(err)
		}
		if got := set.Decide(send(c.to)).Action != nil; got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.to, got)
		}
	}
}

func TestARuleSurvivesJSON(t *testing.T) {
	rule := script.Rule{
		ID: "r", Count: 3, For: 90 * time.Second,
		Match:  script.Match{Channel: "sms", Kind: "any", Recipient: "+1*", Skip: 1, Every: 2, Probability: 0.5, Seed: 9, AppointmentID: "7"},
		Action: script.Action{Type: "accept_then", Ending: "status", Status: 503, Body: "x", Headers: map[string]string{"a": "b"}, Code: 1, Location: "l", Delay: time.Second, DelayMax: 2 * time.Second, AcceptAt: "end", Max: time.Minute},
	}
	b, err := json.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	var got script.Rule
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, rule) {
		t.Errorf("%s becomes %+v, %v", b, got, err)
	}
}
