package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pets is a description of a service with two operations.
const pets = `
openapi: 3.0.1
paths:
  /pets:
    post:
      parameters: [{name: dry, in: query}]
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {$ref: '#/components/schemas/New'}
      responses:
        "201": {content: {application/json: {schema: {properties: {id: {type: string}}}}}}
    get:
      parameters: [{$ref: '#/components/parameters/Size'}]
      responses:
        "200": {content: {application/json: {schema: {properties: {pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}}}
components:
  parameters:
    Size: {name: size, in: query}
  schemas:
    New: {properties: {name: {type: string, description: What it is called.}}}
    Pet: {allOf: [{properties: {state: {type: string, enum: [asleep, awake]}}}]}
`

func petShop() provider {
	return provider{name: "pets", hash: "none", seen: "a test", uses: []use{
		{method: "post", path: "/pets", sends: true, parameters: []string{"dry"}, request: []string{"name"}, status: "201", answer: []string{"id"}},
		{method: "get", path: "/pets", parameters: []string{"size"}, status: "200", answer: []string{"pets/state"}, values: map[string][]string{"pets/state": {"asleep", "awake"}}},
	}}
}

// said is what is reported of a description.
func said(t *testing.T, p provider, text string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "description")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := p.report(t.Context(), &out, file)
	return out.String(), err
}

func TestADescriptionThatHasAllIsNoNews(t *testing.T) {
	out, err := said(t, petShop(), pets)
	if err != nil || !strings.Contains(out, "has changed since a test, but nothing") {
		t.Errorf("%s%v", out, err)
	}
	p := petShop()
	p.hash, _, _ = read([]byte(pets))
	if out, err := said(t, p, pets); err != nil || !strings.Contains(out, "is the one of a test") {
		t.Errorf("%s%v", out, err)
	}
}

func TestWhatIsLostOrGainedIsNamed(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"  /pets:", "  /animals:", "post /pets has no operation any more"},
		{"name: dry", "name: wet", "has no parameter dry any more"},
		{"name: size, in: query", "name: size, in: query, deprecated: true", "parameter size is deprecated"},
		{"{properties: {name:", "{properties: {title:", "has no member name any more"},
		{"{id: {type", "{uid: {type", "has no member id in its answer any more"},
		{"{state: {type", "{mood: {type", "has no member pets/state in its answer any more"},
		{"[asleep, awake]", "[awake]", "pets/state is never asleep any more"},
		{"[{name: dry, in: query}]", "[{name: dry, in: query}, {name: Idempotency-Key, in: header}]", "takes Idempotency-Key"},
		{"name: {type: string,", "client_token: {type: string}, name: {type: string,", "takes client_token"},
		{"What it is called.", "Makes requests idempotent.", "takes name"},
		{"    post:\n", "    post:\n      description: Repeated requests are deduplicated.\n", "its description speaks of"},
	} {
		if !strings.Contains(pets, c.old) {
			t.Fatalf("no %q", c.old)
		}
		_, err := said(t, petShop(), strings.Replace(pets, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}

func TestWhatIsNoDescriptionIsNamed(t *testing.T) {
	for _, text := range []string{"", "<html>", "{}", "openapi: 3.0.1", "a: [", `{"message":"rate limited"}`} {
		if _, err := said(t, petShop(), text); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("%q: %v", text, err)
		}
	}
	err := petShop().report(t.Context(), &bytes.Buffer{}, filepath.Join(t.TempDir(), "none"))
	if err == nil || !strings.Contains(err.Error(), "-pets takes one from a file") {
		t.Error(err)
	}
}

// The parts of the descriptions that the adapters are tested against have all that
// is said to be used, but for how Mailgun sends.
func TestTheAdaptersDescriptionsHaveWhatIsUsed(t *testing.T) {
	for name, file := range map[string]string{
		"mailgun": "../../services/email-worker/internal/mailgun/testdata/lookups.openapi.json",
		"twilio":  "../../services/sms-worker/internal/twilio/testdata/messages.openapi.json",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, d, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range providers() {
			for _, u := range p.uses {
				if p.name != name || name == "mailgun" && u.sends {
					continue
				}
				if name == "mailgun" && u.method == "get" {
					u.answer = nil // the part leaves the answer out
				}
				if lost := d.lost(u); len(lost) > 0 {
					t.Errorf("%s: %s", file, fmt.Sprint(lost))
				}
			}
		}
	}
}
