package envelope

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// outcomes draws outcomes with every field filled at random, those that are added
// later too.
func outcomes() *rapid.Generator[Outcome] {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "plain", `"\<>&`, "\x7f\n\u2028\xff", "žluťoučký"}), rapid.String())
	return rapid.Custom(func(t *rapid.T) Outcome {
		var fill func(v reflect.Value)
		fill = func(v reflect.Value) {
			switch v.Kind() {
			case reflect.String:
				v.SetString(text.Draw(t, "text"))
			case reflect.Int, reflect.Int32, reflect.Int64:
				v.SetInt(int64(rapid.Int32().Draw(t, "number")))
			case reflect.Pointer:
				if rapid.Bool().Draw(t, "set") {
					v.Set(reflect.New(v.Type().Elem()))
					fill(v.Elem())
				}
			case reflect.Struct:
				for i := range v.NumField() {
					fill(v.Field(i))
				}
			default:
				t.Fatalf("a field of kind %s: draw it here", v.Kind())
			}
		}
		var o Outcome
		fill(reflect.ValueOf(&o).Elem())
		return o
	})
}

func TestAnOutcomeIsWrittenAsTheStandardLibraryWritesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := outcomes().Draw(t, "outcome")
		want, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.appendJSON(nil); string(got) != string(want) {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}
