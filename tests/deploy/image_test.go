package deploy

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

const maxImageBytes = 30_000_000

func TestAnImageHoldsOneProgramAndRunsLocked(t *testing.T) {
	for _, program := range programs() {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			var about []struct {
				Size   int
				Config struct {
					User        string
					Healthcheck struct{ Test []string }
					Labels      map[string]string
				}
			}
			inspect(t, &about, image(program))
			i := about[0]
			t.Logf("%.1f MB", float64(i.Size)/1e6)
			if i.Size > maxImageBytes || i.Config.User != "65532:65532" {
				t.Errorf("%d bytes, user %q", i.Size, i.Config.User)
			}
			if got := i.Config.Labels["notifications.time-zones"]; got != localtime.BuiltInVersion() {
				t.Errorf("its label says that the time zones are %q", got)
			}
			if want := []string{"app", "etc/ssl/certs/ca-certificates.crt"}; !slices.Equal(files(t, image(program)), want) {
				t.Errorf("it holds %v, want %v", files(t, image(program)), want)
			}
			if checks := len(i.Config.Healthcheck.Test) > 0; checks != slices.Contains(services(), program) {
				t.Errorf("it has a health check: %t", checks)
			}
		})
	}
}

// files lists what an image holds; what docker adds to a container is empty.
func files(t *testing.T, image string) (names []string) {
	t.Helper()
	id, err := exec.Command("docker", "create", image).Output()
	if err != nil {
		t.Fatal(err)
	}
	container := strings.TrimSpace(string(id))
	defer func() { _ = exec.Command("docker", "rm", "-f", container).Run() }()
	export := exec.Command("docker", "export", container)
	stream, err := export.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := export.Start(); err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(stream); ; {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.Typeflag == tar.TypeReg && entry.Size > 0 {
			names = append(names, entry.Name)
		}
	}
	if err := export.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestAServiceSaysItsVersionAndWhatItMisses(t *testing.T) {
	for _, service := range services() {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			locked := []string{"run", "--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none", image(service)}
			out, err := exec.Command("docker", append(locked, "version")...).CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), service+" "+version) {
				t.Errorf("%v: %s", err, out)
			}
			out, err = exec.Command("docker", append(locked, strings.Fields(map[string]string{"dlq-replayer": "serve"}[service])...)...).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "KAFKA_BOOTSTRAP_SERVERS is required") {
				t.Errorf("without settings: %v\n%s", err, out)
			}
		})
	}
}

// Each service deploys on its own: its image needs libs and its own folder.
func TestAnImageBuildsWithoutTheOtherServices(t *testing.T) {
	for _, service := range services() {
		t.Run(service, func(t *testing.T) {
			dir := t.TempDir()
			for _, part := range []string{"libs", "services/" + service, "deploy"} {
				if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(tree, part))); err != nil {
					t.Fatal(err)
				}
			}
			compose := "services: {alone: {image: '" + image("alone") + "', build: {context: ., dockerfile: deploy/Dockerfile, args: {SERVICE: " + service + ", GOPROXY: , GOSUMDB: }}}}\n"
			if err := os.WriteFile(filepath.Join(dir, "compose.yml"), []byte(compose), 0o600); err != nil {
				t.Fatal(err)
			}
			build := exec.Command("docker", "compose", "build")
			build.Dir, build.Env = dir, environment()
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			defer func() { _ = exec.Command("docker", "image", "rm", image("alone")).Run() }()
			out, err := exec.Command("docker", "run", "--rm", "--network", "none", image("alone"), "version").CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), service+" ") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
