package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/ratios"
)

// run returns what another run is compared with.
func (r *report) run() ratios.Run {
	run := ratios.Run{Date: r.begin.UTC().Format(time.DateOnly), Machine: machine()}
	for _, c := range r.ratios {
		if c.ours {
			run.Figures = append(run.Figures, c.Figure)
		}
	}
	return run
}

// check compares the ratios with those of a recorded run and fails where one is
// worse by more than its spread.
func (r *report) check(tb testing.TB, path string) {
	tb.Helper()
	recorded, err := ratios.Read(path)
	if err != nil {
		tb.Fatal(err)
	}
	changes, unknown := ratios.Compare(recorded, r.run())
	fmt.Fprintf(r.out, "\nAGAINST THE RUN OF %s ON %s\n", recorded.Date, recorded.Machine)
	for _, c := range changes {
		verdict := "ok"
		if c.Worse() {
			verdict = "WORSE"
			tb.Errorf("%s: %s, was %s", c.Now.Name, spread(c.Now), spread(c.Recorded))
		}
		fmt.Fprintf(r.out, "%-5s  %s: %s, was %s\n", verdict, c.Now.Name, spread(c.Now), spread(c.Recorded))
	}
	for _, name := range unknown {
		fmt.Fprintf(r.out, "new    %s\n", name)
	}
	if len(changes) == 0 {
		tb.Error("nothing was measured that the recorded run has")
	}
}
