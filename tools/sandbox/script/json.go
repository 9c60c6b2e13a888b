package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// duration is a time.Duration that is written as "1.5s" in JSON.
type duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(d).String())
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf(`a duration is written like "1.5s", not %s`, b)
	}
	parsed, err := time.ParseDuration(text)
	*d = duration(parsed)
	return err
}

type ruleJSON struct {
	ID     string   `json:"id,omitempty"`
	Match  Match    `json:"match,omitzero"`
	Count  int      `json:"count,omitempty"`
	For    duration `json:"for,omitzero"`
	Action Action   `json:"action"`
}

type actionJSON struct {
	Type     string            `json:"type"`
	Ending   string            `json:"ending,omitempty"`
	Status   int               `json:"status,omitempty"`
	Body     string            `json:"body,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Code     int               `json:"code,omitempty"`
	Location string            `json:"location,omitempty"`
	Delay    duration          `json:"delay,omitzero"`
	DelayMax duration          `json:"delay_max,omitzero"`
	AcceptAt string            `json:"accept_at,omitempty"`
	Max      duration          `json:"max,omitzero"`
}

// MarshalJSON writes the rule as it is sent to the sandbox.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(ruleJSON{ID: r.ID, Match: r.Match, Count: r.Count, For: duration(r.For), Action: r.Action})
}

// UnmarshalJSON reads a rule; an unknown field is an error, because a
// misspelled one would silently change a test's meaning.
func (r *Rule) UnmarshalJSON(b []byte) error {
	var w ruleJSON
	if err := strict(b, &w); err != nil {
		return err
	}
	*r = Rule{ID: w.ID, Match: w.Match, Count: w.Count, For: time.Duration(w.For), Action: w.Action}
	return nil
}

// MarshalJSON writes the action as part of a rule.
func (a Action) MarshalJSON() ([]byte, error) {
	return json.Marshal(actionJSON{
		Type: a.Type, Ending: a.Ending, Status: a.Status, Body: a.Body, Headers: a.Headers, Code: a.Code,
		Location: a.Location, Delay: duration(a.Delay), DelayMax: duration(a.DelayMax), AcceptAt: a.AcceptAt, Max: duration(a.Max),
	})
}

// UnmarshalJSON reads the action of a rule.
func (a *Action) UnmarshalJSON(b []byte) error {
	var w actionJSON
	if err := strict(b, &w); err != nil {
		return err
	}
	*a = Action{
		Type: w.Type, Ending: w.Ending, Status: w.Status, Body: w.Body, Headers: w.Headers, Code: w.Code,
		Location: w.Location, Delay: time.Duration(w.Delay), DelayMax: time.Duration(w.DelayMax), AcceptAt: w.AcceptAt, Max: time.Duration(w.Max),
	}
	return nil
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
