package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

const (
	barWidth = 24
	// drawEvery bounds how often the progress is drawn.
	drawEvery = 100 * time.Millisecond
	// reportEvery is how often a progress line is written without a terminal.
	reportEvery = time.Second
)

// follower shows a job's progress: one line that is redrawn on a terminal, JSON lines
// elsewhere.
type follower struct {
	in      *invocation
	lines   bool
	started time.Time
	// before is how many dead letters the job had passed when this process took it on.
	before int
	shown  time.Time
}

func newFollower(in *invocation, asJSON bool, j replay.Job) *follower {
	return &follower{in: in, lines: asJSON || !in.terminal, started: time.Now(), before: j.Counts.Passed()}
}

// line is one JSON line.
type line struct {
	Event string `json:"event"`
	Job   string `json:"job"`
	// Of an outcome.
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
	Code   string `json:"code,omitempty"`
	// Of a progress or the end.
	State  replay.State   `json:"state,omitempty"`
	Note   string         `json:"note,omitempty"`
	Total  int            `json:"total,omitempty"`
	Counts *replay.Counts `json:"counts,omitempty"`
	Rate   float64        `json:"rate,omitempty"`
	ETA    float64        `json:"eta_seconds,omitempty"`
}

// see is called with each event of the job.
func (f *follower) see(e replay.Event) {
	if f.lines {
		switch {
		case e.Resolution != nil:
			r := e.Resolution
			f.write(line{Event: "outcome", Job: e.Job.ID, ID: r.ID, Status: string(r.Status), Reason: r.Reason, Code: r.Code})
		case e.Left != "":
			f.write(line{Event: "left", Job: e.Job.ID, ID: e.LeftID, Reason: e.Left})
		}
	}
	every := drawEvery
	if f.lines {
		every = reportEvery
	}
	if time.Since(f.shown) < every {
		return
	}
	f.shown = time.Now()
	if f.lines {
		f.write(f.progress("progress", e.Job))
		return
	}
	fmt.Fprintf(f.in.stdout, "\r\x1b[K%s", f.bar(e.Job))
}

// end shows the job's last state.
func (f *follower) end(j replay.Job) {
	if f.lines {
		f.write(f.progress("end", j))
		return
	}
	fmt.Fprintf(f.in.stdout, "\r\x1b[K%s\n", f.bar(j))
}

func (f *follower) progress(event string, j replay.Job) line {
	rate, eta := f.speed(j)
	j.Counts.Pending = j.Pending()
	return line{
		Event: event, Job: j.ID, State: j.State, Note: j.Note, Total: j.Total, Counts: &j.Counts,
		Rate: rate, ETA: eta.Seconds(),
	}
}

// speed returns how many dead letters are passed in a second, and how long the rest
// will take.
func (f *follower) speed(j replay.Job) (float64, time.Duration) {
	rate := float64(j.Counts.Passed()-f.before) / max(time.Since(f.started).Seconds(), 0.001)
	left := j.Total - j.Counts.Passed()
	if rate <= 0 || left <= 0 {
		return float64(int(rate*10)) / 10, 0
	}
	return float64(int(rate*10)) / 10, time.Duration(float64(left) / rate * float64(time.Second)).Round(time.Second)
}

func (f *follower) bar(j replay.Job) string {
	k, full := j.Counts, 0
	if j.Total > 0 {
		full = min(barWidth, barWidth*k.Passed()/j.Total)
	}
	rate, eta := f.speed(j)
	text := fmt.Sprintf("%s [%s%s] %d/%d  sent %d  failed %d  skipped %d  left %d  no outcome %d  %.1f/s", j.State,
		strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), k.Passed(), j.Total,
		k.Sent, k.Failed, k.Outcomes()-k.Sent-k.Failed, k.Passed()-k.Replayed, k.Unanswered(), rate)
	if eta > 0 {
		text += "  ETA " + eta.String()
	}
	return text
}

func (f *follower) write(l line) {
	encoded, err := json.Marshal(l)
	if err != nil {
		return // cannot happen: JSON can express the type
	}
	fmt.Fprintf(f.in.stdout, "%s\n", encoded)
}
