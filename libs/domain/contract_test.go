package domain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

const (
	contracts  = "../../contracts"
	schemaFile = contracts + "/appointment_created.schema.json"
)

// judge is one way to tell whether a record value keeps the contract.
type judge func(value []byte) error

// decoderJudge judges as the workers do.
func decoderJudge() judge {
	decoder := domain.NewDecoder()
	return func(value []byte) error {
		e, err := decoder.Decode(value)
		if err != nil {
			return err
		}
		return e.Validate()
	}
}

// schemaJudge judges by the schema, and by the two rules that a schema can only
// state in words: size and encoding.
func schemaJudge(t testing.TB) judge {
	t.Helper()
	schema := compile(t, "")
	return func(value []byte) error {
		if len(value) > domain.MaxEventBytes || !utf8.Valid(value) {
			return errors.New("too large or not UTF-8")
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
		if err != nil {
			return err
		}
		return schema.Validate(doc)
	}
}

// compile returns the schema, or the part of it that pointer leads to.
func compile(t testing.TB, pointer string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(schemaFile + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestEveryExampleOfTheContractIsAccepted(t *testing.T) {
	decoder, schema := decoderJudge(), schemaJudge(t)
	for name, value := range corpus(t, "examples") {
		if err := decoder(value); err != nil {
			t.Errorf("%s: Decode: %v", name, err)
		}
		if err := schema(value); err != nil {
			t.Errorf("%s: schema: %v", name, err)
		}
	}
}

// A file in contracts/invalid is named <field>--<what is wrong>.json.
func TestEveryInvalidExampleIsRejectedForItsField(t *testing.T) {
	decoder, schema := decoderJudge(), schemaJudge(t)
	for name, value := range corpus(t, "invalid") {
		field, _, _ := strings.Cut(name, "--")
		if f := domain.AsFailure(decoder(value)); f.Class != domain.ClassInvalidEvent || f.Code != "event."+field {
			t.Errorf("%s: Decode: got %v, want code event.%s", name, f, field)
		}
		err := schema(value)
		if err == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
		var breach *jsonschema.ValidationError
		if errors.As(err, &breach) && field != "object" && !blames(breach, field) {
			t.Errorf("%s: the schema rejects it for something else: %v", name, err)
		}
	}
}

// blames reports whether a breach of the schema is about a field.
func blames(breach *jsonschema.ValidationError, field string) bool {
	if len(breach.InstanceLocation) > 0 && breach.InstanceLocation[0] == field {
		return true
	}
	if missing, ok := breach.ErrorKind.(*kind.Required); ok && slices.Contains(missing.Missing, field) {
		return true
	}
	return slices.ContainsFunc(breach.Causes, func(cause *jsonschema.ValidationError) bool { return blames(cause, field) })
}

func TestTheExamplesInTheSchemaKeepIt(t *testing.T) {
	schema := readSchema(t)
	check := func(pointer string, examples []any) {
		if len(examples) == 0 {
			t.Errorf("%s has no examples", pointer)
		}
		for i, example := range examples {
			if err := compile(t, pointer).Validate(example); err != nil {
				t.Errorf("%s, example %d: %v", pointer, i, err)
			}
		}
	}
	check("", schema.Examples)
	for name, property := range schema.Properties {
		check("#/properties/"+name, property.Examples)
	}
	check("#/$defs/email_address", schema.Properties["email"].Examples)
	check("#/$defs/phone_number", schema.Properties["phone_e164"].Examples)
}

func TestTheGrammarsOfAddressesAreThoseOfTheSchema(t *testing.T) {
	schema := readSchema(t)
	if schema.Defs["email_address"].Pattern != domain.EmailPattern {
		t.Error("the schema and the decoder have different grammars of e-mail addresses")
	}
	if schema.Defs["phone_number"].Pattern != domain.PhonePattern {
		t.Error("the schema and the decoder have different grammars of phone numbers")
	}
}

// schemaText is what the tests read in the schema as text.
type schemaText struct {
	Examples   []any
	Properties map[string]struct{ Examples []any }
	Defs       map[string]struct{ Pattern string } `json:"$defs"`
}

func readSchema(t *testing.T) (schema schemaText) {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// corpus returns the files of a folder of contracts, by name without suffix.
func corpus(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(contracts, folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(fmt.Errorf("no files in contracts/%s: %w", folder, err))
	}
	values := map[string][]byte{}
	for _, file := range files {
		value, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		values[strings.TrimSuffix(filepath.Base(file), ".json")] = value
	}
	return values
}
