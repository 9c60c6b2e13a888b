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

	"github.com/kafka-notifications/kafka-notifications/tests/bench/ratios"
)

// report collects what was measured: first what is a ratio, then the figures
// behind the ratios, then budgets in units of their own.
type report struct {
	out     io.Writer
	begin   time.Time
	load    string
	ratios  []compared
	figures [][]string
	rows    [][]string
	notes   []string
	extra   []table
}

// compared is a ratio with the spread over the rounds.
type compared struct {
	ratios.Figure
	budget, verdict string
	// ours are ratios that another run is compared with.
	ours bool
}

// goal is a budget; a limit of 0 is none.
type goal struct {
	limit float64
	// high is set where more is better.
	high bool
}

func (g goal) String() string {
	switch {
	case g.limit == 0:
		return ""
	case g.high:
		return fmt.Sprintf("≥ %.4g", g.limit)
	}
	return fmt.Sprintf("≤ %.4g", g.limit)
}

// verdict says whether a figure keeps the budget. A rate may be short of its
// budget and a cost over it; both are OVER.
func (g goal) verdict(v float64) string {
	switch {
	case g.limit == 0:
		return ""
	case g.high == (v >= g.limit) || v == g.limit:
		return "ok"
	}
	return "OVER"
}

// newReport returns an empty report that says what is added to it on out.
func newReport(out io.Writer) *report {
	return &report{out: out, begin: time.Now(), load: loadAverage()}
}

// ratio adds one ratio over the rounds.
func (r *report) ratio(name string, g goal, values []float64, ours bool) {
	f := ratios.Of(name, g.high, values)
	r.ratios = append(r.ratios, compared{f, g.String(), g.verdict(f.Median), ours})
	r.say("%s: %s %s %s", name, spread(f), g, g.verdict(f.Median))
}

func spread(f ratios.Figure) string { return fmt.Sprintf("%.3g (%.3g–%.3g)", f.Median, f.Min, f.Max) }

// figure adds what is behind ratios: one contestant's rounds.
func (r *report) figure(load, name string, windows []window) {
	var rates, costs, sizes []float64
	for _, w := range windows {
		rates, costs = append(rates, w.perSecond()), append(costs, float64(w.cost().Nanoseconds())/1000)
		sizes = append(sizes, float64(w.resident)/mib)
	}
	cells := []string{load, name}
	for _, values := range [][]float64{rates, costs, sizes} {
		cells = append(cells, shown(values))
	}
	if windows[0].requests < fewRequests {
		cells[3] = "–"
	}
	r.figures = append(r.figures, cells)
	r.say("%s: %s sends/s, %s µs, %s MiB", name, cells[2], cells[3], cells[4])
}

// fewRequests take less than the kernel's clock can tell.
const fewRequests = 1000

// note adds a sentence below the ratios.
func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
	r.say("%s", r.notes[len(r.notes)-1])
}

// atLeast adds a figure that must not be lower than its budget.
func (r *report) atLeast(what string, budget, measured float64, note string) {
	r.add(what, goal{budget, true}, "", measured, note)
}

// atMost adds a figure that must not be higher than its budget.
func (r *report) atMost(what string, budget float64, unit string, measured float64, note string) {
	r.add(what, goal{budget, false}, unit, measured, note)
}

func (r *report) add(what string, g goal, unit string, measured float64, note string) {
	row := []string{what, g.String() + unit, fmt.Sprintf("%.3g%s", measured, unit), g.verdict(measured), note}
	r.rows = append(r.rows, row)
	r.say("%s", strings.Join(row, "  "))
}

func (r *report) say(format string, args ...any) { fmt.Fprintf(r.out, "# "+format+"\n", args...) }

// tables are the parts of the report with their heads.
func (r *report) tables() []table {
	var compared [][]string
	for _, c := range r.ratios {
		compared = append(compared, []string{c.Name, c.budget, spread(c.Figure), c.verdict})
	}
	return append([]table{
		{title: "Ratios, median (smallest–largest of the rounds)", head: []string{"load", "budget", "measured", ""}, rows: compared},
		{title: "The figures behind them", head: []string{"load", "who", "sends/s", "µs of CPU per message", "MiB resident"}, rows: r.figures},
		{title: "Other budgets", head: []string{"what", "budget", "measured", "", ""}, rows: r.rows},
	}, r.extra...)
}

type table struct {
	title string
	head  []string
	rows  [][]string
	// drawing stands below the table in Markdown.
	drawing string
}

// print writes the tables for people.
func (r *report) print() {
	for _, t := range r.tables() {
		if len(t.rows) == 0 {
			continue
		}
		fmt.Fprintf(r.out, "\n%s\n", strings.ToUpper(t.title))
		columns := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(columns, strings.Join(row, "\t"))
		}
		_ = columns.Flush()
	}
	for _, n := range r.notes {
		fmt.Fprintf(r.out, "\n%s\n", n)
	}
}

// write replaces what stands between the marks of a Markdown file.
func (r *report) write(path, mark string) error {
	begin, end := "<!-- "+mark+":begin -->\n", "<!-- "+mark+":end -->\n"
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return errors.New(path + " must have the lines " + begin + " and " + end)
	}
	return os.WriteFile(path, []byte(before+begin+r.markdown()+end+after), 0o644)
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %s, on %s; load average before the run %s; %s.\n",
		r.begin.UTC().Format(time.DateOnly), runtime.Version(), machine(), r.load, plural(*rounds, "round"))
	for _, t := range r.tables() {
		if len(t.rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
		for _, row := range t.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
		if t.drawing != "" {
			b.WriteString("\n" + t.drawing)
		}
	}
	for _, n := range r.notes {
		fmt.Fprintf(&b, "\n- %s\n", n)
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
