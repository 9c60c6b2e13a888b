package provider

import (
	"errors"
	"testing"
	"time"
)

// While a virtual machine is suspended the monotonic clock stands still and the
// wall clock goes on; when the wall clock is set back, it is the other way round.
func TestEitherClockEndsTheTimeToWrite(t *testing.T) {
	begin := time.Now()
	early, late := begin.Add(time.Second), begin.Add(time.Minute)
	for what, c := range map[string]struct {
		now, wall time.Time
		want      error
	}{
		"both in time":                   {early, early, nil},
		"the wall clock says it is over": {early, late, errLate},
		"the monotonic one says so":      {late, early, errLate},
	} {
		x := &Exchange{}
		if err := x.start(begin.Add(10*time.Second), begin); err != nil {
			t.Fatal(err)
		}
		if err := x.permit(c.now, c.wall); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}
