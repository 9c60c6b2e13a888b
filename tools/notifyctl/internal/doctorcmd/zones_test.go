package doctorcmd

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

func TestOldTimeZonesAreWarnedAbout(t *testing.T) {
	data, err := localtime.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	published := data.Edition().Published
	for months, want := range map[int]grade{0: ok, 5: ok, 7: note} {
		found := zones("", published.AddDate(0, months, 0))
		if len(found) != 1 || found[0].grade != want || !strings.Contains(found[0].what, data.Version()) {
			t.Errorf("after %d months: %+v", months, found)
		}
	}
	if found := zones(t.TempDir(), time.Now()); found != nil { // told with the settings
		t.Errorf("%+v", found)
	}
}
