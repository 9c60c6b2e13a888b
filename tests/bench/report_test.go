package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// report collects what was measured.
type report struct {
	begin time.Time
	load  string
	rows  []row
}

type row struct{ what, budget, measured, verdict, note string }

func newReport() *report { return &report{begin: time.Now(), load: loadAverage()} }

// atLeast adds a figure that must not be lower than its budget.
func (r *report) atLeast(what string, budget, measured float64, note string) {
	r.add(what, fmt.Sprintf("≥ %.2f", budget), fmt.Sprintf("%.2f", measured), measured >= budget, note)
}

// atMost adds a figure that must not be higher than its budget.
func (r *report) atMost(what string, budget float64, unit string, measured float64, note string) {
	r.add(what, fmt.Sprintf("≤ %.3g%s", budget, unit), fmt.Sprintf("%.3g%s", measured, unit), measured <= budget, note)
}

func (r *report) add(what, budget, measured string, ok bool, note string) {
	verdict := "ok"
	if !ok {
		verdict = "OVER"
	}
	r.rows = append(r.rows, row{what, budget, measured, verdict, note})
	fmt.Printf("# %s  %s: %s (budget %s) %s\n", verdict, what, measured, budget, note)
}

// print writes a table for people.
func (r *report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nWHAT\tBUDGET\tMEASURED\t\tNOTE")
	for _, row := range r.rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", row.what, row.budget, row.measured, row.verdict, row.note)
	}
	_ = t.Flush()
}

const (
	beginMark = "<!-- bench:begin -->\n"
	endMark   = "<!-- bench:end -->\n"
)

// write replaces what stands between the marks of a Markdown file.
func (r *report) write(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(old), beginMark)
	_, after, closed := strings.Cut(rest, endMark)
	if !opened || !closed {
		return errors.New(path + " must have the lines " + beginMark + " and " + endMark)
	}
	return os.WriteFile(path, []byte(before+beginMark+r.markdown()+endMark+after), 0o644)
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %s, on %s; load average before the run %s. Medians of %d rounds.\n\n",
		r.begin.UTC().Format(time.DateOnly), runtime.Version(), machine(), r.load, *rounds)
	b.WriteString("| what | budget | measured | | |\n|---|---|---|---|---|\n")
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.what, row.budget, row.measured, row.verdict, row.note)
	}
	b.WriteString("\n")
	return b.String()
}

// machine describes the processor.
func machine() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(info), "model name")
	model, _, _ := strings.Cut(strings.TrimLeft(rest, "\t :"), "\n")
	return fmt.Sprintf("%d cores of %s", runtime.NumCPU(), model)
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
