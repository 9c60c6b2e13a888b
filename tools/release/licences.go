package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/programs"
)

type licencesCommand struct{}

// Run builds each program and prints the licences of its modules. It fails if one is
// not allowed.
func (licencesCommand) Run(ctx context.Context, c *commands) error {
	reader, err := reader(ctx)
	if err != nil {
		return err
	}
	all, err := modules(ctx, c.Root, reader)
	if err != nil {
		return err
	}
	for _, m := range all {
		fmt.Printf("%-24s %s %s\n", strings.Join(m.Licences, ", "), m.Path, m.Version)
	}
	if refused := licences.Refused(all, licences.Allowed()); len(refused) > 0 {
		return fmt.Errorf("licences that are not allowed:\n  %s", strings.Join(refused, "\n  "))
	}
	return nil
}

// modules returns the modules of the repository's programs, each once.
func modules(ctx context.Context, root string, reader *licences.Reader) ([]licences.Module, error) {
	all, err := programs.All(root)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "licences-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // scratch
	seen := map[string]bool{}
	var found []licences.Module
	var faults []error
	for _, p := range all {
		of, err := inProgram(ctx, root, p, filepath.Join(dir, p.Name), reader)
		faults = append(faults, err)
		for _, m := range of {
			if !seen[m.Path] {
				found = append(found, m)
			}
			seen[m.Path] = true
		}
	}
	return found, errors.Join(faults...)
}

func inProgram(ctx context.Context, root string, p programs.Program, to string, reader *licences.Reader) ([]licences.Module, error) {
	if err := p.Build(ctx, root, programs.Platforms()[0], "dev", to); err != nil {
		return nil, err
	}
	binary, err := os.ReadFile(to)
	if err != nil {
		return nil, err
	}
	return reader.Of(binary)
}
