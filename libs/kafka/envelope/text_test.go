package envelope

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestATimeIsWrittenAsRFC3339WithMilliseconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64().Draw(t, "milliseconds"))
		if rapid.Bool().Draw(t, "of our time") {
			at = time.Unix(rapid.Int64Range(-62_135_596_801, 253_402_300_800).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		}
		at = at.In(time.FixedZone("", rapid.IntRange(-50_000, 50_000).Draw(t, "offset")))
		want := at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			want = strconv.FormatInt(at.UnixMilli(), 10)
		}
		if got := FormatTime(at); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
