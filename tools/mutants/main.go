// Command mutants breaks each rule of the delivery protocol and of the engine on
// purpose, one fault at a time, and runs the test that must notice it. A fault that no
// test notices shows a rule without a test.
//
// The faults are in the files below list, see parse. The tree is not changed:
// each fault is an overlay (`go help build`), and several run side by side.
//
//	go run ./tools/mutants                             # all; exit code 1 unless each is killed
//	go run ./tools/mutants -only R3,E9                 # those of two rules
//	go run ./tools/mutants -write docs/RELIABILITY.md  # put the table between the marks there
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

// list is the folder of the mutants, below the repository's root.
const list = "tools/mutants/list"

func main() {
	only := flag.String("only", "", "rules to break, separated by commas; all if empty")
	document := flag.String("write", "", "a Markdown file that holds the table between marks")
	parallel := flag.Int("parallel", runtime.GOMAXPROCS(0), "how many run at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *document, *parallel); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1) //nolint:gocritic // no deferred calls are pending
	}
}

func run(ctx context.Context, only, document string, parallel int) error {
	root, err := repo.Root(".")
	if err != nil {
		return err
	}
	mutants, err := chosen(filepath.Join(root, filepath.FromSlash(list)), only)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	begin := time.Now()
	r := &runner{root: root, work: work}
	if err := r.passAll(ctx, baselines(mutants), parallel); err != nil {
		return err
	}
	results := r.tryAll(ctx, mutants, parallel)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report(results, document, time.Since(begin))
}

// chosen returns the mutants of the rules in only.
func chosen(dir, only string) ([]mutant, error) {
	mutants, err := readAll(dir)
	if err != nil || only == "" {
		return mutants, err
	}
	rules := strings.Split(only, ",")
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !slices.Contains(rules, m.rule) })
	if len(mutants) == 0 {
		return nil, fmt.Errorf("no mutant breaks %s", only)
	}
	return mutants, nil
}

// passAll runs all baselines.
func (r *runner) passAll(ctx context.Context, all []baseline, parallel int) error {
	errs := make([]error, len(all))
	each(len(all), parallel, func(i int) {
		begin := time.Now()
		errs[i] = r.pass(ctx, all[i])
		progress("baseline", "", time.Since(begin), all[i].dir)
	})
	return errors.Join(errs...)
}

// tryAll tries all mutants and keeps their order.
func (r *runner) tryAll(ctx context.Context, mutants []mutant, parallel int) []result {
	results := make([]result, len(mutants))
	each(len(mutants), parallel, func(i int) {
		results[i] = r.try(ctx, &mutants[i])
		progress(string(results[i].verdict), results[i].rule, results[i].took, mutants[i].breaks)
	})
	return results
}

func progress(verdict, rule string, took time.Duration, what string) {
	fmt.Fprintf(os.Stderr, "%-8s %-4s %6.1f s  %s\n", verdict, rule, took.Seconds(), what)
}

// each calls do for 0 to n-1, several at once.
func each(n, parallel int, do func(i int)) {
	free := make(chan struct{}, max(1, parallel))
	var all sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	all.Wait()
}

// report prints the table, and why mutants were not killed.
func report(results []result, document string, took time.Duration) error {
	count := map[verdict]int{}
	for _, r := range results {
		if count[r.verdict]++; r.verdict != killed {
			fmt.Fprintf(os.Stderr, "\n%s %s (%s): %s\n%s\n", r.verdict, r.rule, r.at, r.breaks, r.output)
		}
	}
	fmt.Print(table(results))
	fmt.Fprintf(os.Stderr, "\n%d killed, %d survived, %d broken, in %.0f s\n", count[killed], count[survived], count[broken], took.Seconds())
	if count[survived]+count[broken] > 0 {
		return errors.New("not every mutant was killed")
	}
	if document == "" {
		return nil
	}
	return write(document, table(results))
}
