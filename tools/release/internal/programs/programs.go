// Package programs lists and builds the programs of a release.
package programs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Program is a program with an image.
type Program struct {
	Name string
	// Module is the folder of its module in the repository, Package its main package
	// within that.
	Module, Package string
	// Service is set if it is long-running and answers health checks.
	Service bool
}

// All returns the programs of the repository at root: each service, and the two
// tools that run in containers.
func All(root string) ([]Program, error) {
	mains, err := filepath.Glob(filepath.Join(root, "services", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		return nil, fmt.Errorf("no services in %s: is it the repository's root?", root)
	}
	var all []Program
	for _, m := range mains {
		name := filepath.Base(filepath.Dir(m))
		all = append(all, Program{Name: name, Module: "services/" + name, Package: ".", Service: true})
	}
	return append(all,
		Program{Name: "notifyctl", Module: "tools", Package: "./notifyctl"},
		Program{Name: "sandbox", Module: "tools", Package: "./sandbox/cmd/sandbox"},
	), nil
}

// Platform is an operating system and a processor, such as linux/amd64.
type Platform struct{ OS, Arch string }

// String returns the platform as Docker and Go write it.
func (p Platform) String() string { return p.OS + "/" + p.Arch }

// Platforms are those that images are made for.
func Platforms() []Platform { return []Platform{{"linux", "amd64"}, {"linux", "arm64"}} }

// Build writes the program for a platform to a file. The same source, version and Go
// give the same bytes, independent of the paths of the repository and the file: the
// binary contains no path, time or build id. It costs a Go build.
func (p Program) Build(ctx context.Context, root string, on Platform, version, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	_, err = p.run(ctx, root, on, "go", "build", "-trimpath", "-ldflags", "-s -w -buildid= -X main.version="+version, "-o", to, p.Package)
	return err
}

// Notices returns the licences of all that the program contains.
func (p Program) Notices(ctx context.Context, root string, on Platform) ([]byte, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	return p.run(ctx, root, on, "sh", filepath.Join(root, "deploy", "notices"), ".", p.Package)
}

// Run runs a command in the program's module, as it is built: for a platform,
// without C and without the workspace.
func (p Program) run(ctx context.Context, root string, on Platform, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(root, filepath.FromSlash(p.Module))
	settled := []string{"GOOS=" + on.OS, "GOARCH=" + on.Arch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOAMD64=v1", "GOARM64=v8.0"}
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GOEXPERIMENT=") }), settled...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s for %s: %w\n%s", name, strings.Join(args, " "), on, err, complaint.String())
	}
	return out, nil
}
