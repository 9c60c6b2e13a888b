// Command release makes a version: changelog, tags, binaries, images and their bills of
// materials. The same commit gives the same bytes on every machine.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
)

type commands struct {
	Root string `default:"." type:"existingdir" help:"The repository."`

	Make     makeCommand     `cmd:"" help:"Tag the version where it is new, and build it."`
	Licences licencesCommand `cmd:"" help:"Check the licences of everything that the programs contain."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var c commands
	run := kong.Parse(&c, kong.Name("release"), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	run.FatalIfErrorf(run.Run())
}

// reader returns a reader of the modules in Go's cache.
func reader(ctx context.Context) (*licences.Reader, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	return licences.NewReader(strings.TrimSpace(string(out)))
}
