package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

func TestACorrectionChangesTheAddressAndNothingElse(t *testing.T) {
	const corrected = "right@patients.example"
	for value, want := range map[string]string{
		`{"appointment_id":1234567890123456789,"time":"2027-01-02T10:00:00+01:00","email":"wrong","notify":{"email":true},"x":1.10}`: `{"appointment_id":1234567890123456789,"time":"2027-01-02T10:00:00+01:00","email":"right@patients.example","notify":{"email":true},"x":1.10}`,
		` { "time":"2027-01-02T10:00:00Z","appointment_id":"a","notify":{"email":true} } `:                                           ` {"email":"right@patients.example", "time":"2027-01-02T10:00:00Z","appointment_id":"a","notify":{"email":true} } `,
		`{"email":"one","\u0065mail" : "two","appointment_id":"a","time":"2027-01-02T10:00:00Z","notify":{"email":true}}`:            `{"email":"right@patients.example","\u0065mail" : "right@patients.example","appointment_id":"a","time":"2027-01-02T10:00:00Z","notify":{"email":true}}`,
	} {
		got, err := domain.Correct([]byte(value), domain.Email, corrected)
		if err != nil || string(got) != want {
			t.Errorf("%s\n%v\n%s", value, err, got)
		}
	}
}

func TestACorrectedEventIsTheEventWithAnotherRecipient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := map[string]any{
			"appointment_id": rapid.StringMatching(`[a-z0-9"\\ ]{1,12}`).Draw(t, "id"), "time": "2027-01-02T10:00:00+01:00",
			"notify": map[string]any{"email": true, "sms": true}, "phone_e164": "+15550100001",
			rapid.String().Draw(t, "name"): rapid.SampledFrom([]any{nil, "email", []any{map[string]any{"email": "x"}}, 1e30}).Draw(t, "unknown"),
		}
		if rapid.Bool().Draw(t, "given") {
			fields["email"] = rapid.SampledFrom([]any{"", "wrong", "a@b.example", nil, 7}).Draw(t, "email")
		}
		value, err := json.MarshalIndent(fields, "", strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "indent")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := domain.NewDecoder().Decode(value); err != nil {
			t.Skip("not an event, whatever its address")
		}
		address := rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}\.example`).Draw(t, "address")
		before := append([]byte(nil), value...)
		corrected, err := domain.Correct(value, domain.Email, address)
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		if string(before) != string(value) {
			t.Fatalf("the original is changed: %s", value)
		}
		was, _ := domain.NewDecoder().Decode(value)
		is, err := domain.NewDecoder().Decode(corrected)
		if err != nil {
			t.Fatal(err)
		}
		if to, err := is.Recipient(domain.Email); err != nil || to != address {
			t.Fatalf("%s: %q, %v", corrected, to, err)
		}
		phone, _ := was.Recipient(domain.SMS)
		if other, _ := is.Recipient(domain.SMS); other != phone || is.AppointmentID != was.AppointmentID || !is.Time.Equal(was.Time) {
			t.Fatalf("%s\n%s", value, corrected)
		}
	})
}

func TestACorrectionThatBreaksTheContractIsRefusedWithoutTheAddress(t *testing.T) {
	const event = `{"appointment_id":"a","time":"2027-01-02T10:00:00Z","email":"x@y.example","phone_e164":"+15550100001","notify":{"email":true,"sms":true}}`
	for _, c := range []struct {
		value   string
		channel domain.Channel
		address string
	}{
		{event, domain.Email, "secret"},
		{event, domain.Email, "secret@y.example, other@y.example"},
		{event, domain.Email, "secret@y.example\r\nBcc: other@y.example"},
		{event, domain.SMS, "secret@y.example"},
		{event, domain.SMS, "0155501000"},
		{event, "push", "secret"},
		{`["secret"]`, domain.Email, "a@b.example"},
		{`{`, domain.Email, "a@b.example"},
		{`{"appointment_id":"a"}`, domain.Email, "a@b.example"},
		{strings.Replace(event, `"email":true`, `"email":false`, 1), domain.Email, "a@b.example"},
	} {
		got, err := domain.Correct([]byte(c.value), c.channel, c.address)
		var failure *domain.Failure
		if !errors.As(err, &failure) || got != nil || strings.Contains(fmt.Sprint(failure.Code, failure.Detail, err), "secret") {
			t.Errorf("%s to %q: %s, %v", c.channel, c.address, got, err)
		}
	}
}
