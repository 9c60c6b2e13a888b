package domain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

func TestDecoderAndSchemaGiveTheSameVerdict(t *testing.T) {
	decoder, schema := decoderJudge(), schemaJudge(t)
	valid, total := 0, 0
	for range 20 { // rapid's default number of checks is too small for so many fields
		rapid.Check(t, func(t *rapid.T) {
			total++
			if agree(t, eventTexts().Draw(t, "value"), decoder, schema) {
				valid++
			}
		})
	}
	t.Logf("%d of %d events kept the contract", valid, total)
	if valid < total/10 || valid > total*9/10 {
		t.Errorf("%d of %d events kept the contract: the generator no longer tests both verdicts", valid, total)
	}
}

func FuzzDecode(f *testing.F) {
	for _, folder := range []string{"examples", "invalid"} {
		for _, value := range corpus(f, folder) {
			f.Add(value)
		}
	}
	decoder, schema := decoderJudge(), schemaJudge(f)
	f.Fuzz(func(t *testing.T, value []byte) { agree(t, value, decoder, schema) })
}

// agree compares the verdicts on one value and returns it.
func agree(t rapid.TB, value []byte, decoder, schema judge) (valid bool) {
	t.Helper()
	verdict, want := decoder(value), schema(value)
	if (verdict == nil) != (want == nil) {
		t.Fatalf("%q\ndecoder: %v\nschema: %v", value, verdict, want)
	}
	var f *domain.Failure
	if verdict != nil && (!errors.As(verdict, &f) || f.Class != domain.ClassInvalidEvent) {
		t.Fatalf("%q: %v is no invalid event", value, verdict)
	}
	return verdict == nil
}

func TestTheSizeLimitIsExact(t *testing.T) {
	decoder := decoderJudge()
	padded := func(size int) []byte {
		return append([]byte(typicalEvent), bytes.Repeat([]byte(" "), size-len(typicalEvent))...)
	}
	if err := decoder(padded(domain.MaxEventBytes)); err != nil {
		t.Errorf("256 KiB: %v", err)
	}
	wantCode(t, decoder(padded(domain.MaxEventBytes+1)), "event.size")
}

func TestATombstoneIsAnInvalidEventOfItsOwn(t *testing.T) {
	wantCode(t, decoderJudge()(nil), "event.tombstone")
	wantCode(t, decoderJudge()([]byte{}), "event.empty")
}

func TestDepthAndWidthCostNoMoreThanTheirBytes(t *testing.T) {
	decoder := decoderJudge()
	fill := func(unit string) string { return strings.Repeat(unit, (domain.MaxEventBytes-1024)/len(unit)) }
	for name, value := range map[string]string{
		"arrays":          strings.Repeat("[", domain.MaxEventBytes),
		"objects":         fill(`{"a":`),
		"members":         strings.TrimSuffix(typicalEvent, "}") + fill(`,"a":1`) + "}",
		"flags":           `{"appointment_id":1,"time":"2026-03-14T09:30:00Z","notify":{"a":1` + fill(`,"a":1`) + "}}",
		"digits":          `{"appointment_id":` + fill("9") + "}",
		"fraction":        `{"appointment_id":0.` + fill("0") + "}",
		"escaped names":   `{"a":1` + fill(`,"\u0061":1`) + "}",
		"a long time":     `{"appointment_id":1,"time":"2026-03-14T09:30:00.` + fill("1") + `Z"}`,
		"a long address":  `{"appointment_id":1,"time":"2026-03-14T09:30:00Z","notify":{"email":true},"email":"` + fill("a") + `"}`,
		"a long zone":     `{"appointment_id":1,"time":"2026-03-14T09:30:00Z","timezone":"` + fill("a/") + `a"}`,
		"a long id":       `{"appointment_id":"` + fill("a") + `"}`,
		"a long revision": `{"appointment_id":1,"time":"2026-03-14T09:30:00Z","revision":1e` + fill("9") + `}`,
	} {
		allocated := testing.AllocsPerRun(1, func() { _ = decoder([]byte(value)) })
		if allocated > 100_000 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
}

func TestAFailureNeverQuotesTheEvent(t *testing.T) {
	decoder := decoderJudge()
	secret := "zq7secret"
	for _, field := range []string{"appointment_id", "user_id", "time", "timezone", "email", "phone_e164", "notify", "revision", "status"} {
		event := map[string]any{}
		if err := json.Unmarshal([]byte(typicalEvent), &event); err != nil {
			t.Fatal(err)
		}
		event[field] = strings.Repeat(secret+"\n", 30)
		value, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		err = decoder(value)
		wantCode(t, err, "event."+field)
		if err != nil && strings.Contains(err.Error(), "zq7") {
			t.Errorf("%s: the failure quotes the value: %v", field, err)
		}
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var f *domain.Failure
	if !errors.As(err, &f) || f.Class != domain.ClassInvalidEvent || f.Code != code {
		t.Errorf("got %v, want an invalid event with code %s", err, code)
	}
}
