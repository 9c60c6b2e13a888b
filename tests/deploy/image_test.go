package deploy

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/pem"
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
			if want := []string{"app", "etc/ssl/certs/ca-certificates.crt", "licenses/THIRD_PARTY_NOTICES"}; !slices.Equal(files(t, image(program)), want) {
				t.Errorf("it holds %v, want %v", files(t, image(program)), want)
			}
			if checks := len(i.Config.Healthcheck.Test) > 0; checks != slices.Contains(services(), program) {
				t.Errorf("it has a health check: %t", checks)
			}
		})
	}
}

// Every module in the program has its licence in the image.
func TestAnImageBringsTheLicencesOfWhatItContains(t *testing.T) {
	for _, program := range programs() {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			notices := string(content(t, image(program), "/licenses/THIRD_PARTY_NOTICES"))
			binary := filepath.Join(t.TempDir(), "app")
			if err := os.WriteFile(binary, content(t, image(program), "/app"), 0o600); err != nil {
				t.Fatal(err)
			}
			built, err := buildinfo.ReadFile(binary)
			if err != nil {
				t.Fatal(err)
			}
			if len(built.Deps) < 5 && program != "sandbox" {
				t.Errorf("only %d modules are known", len(built.Deps))
			}
			for _, module := range built.Deps {
				if module.Replace == nil && !strings.Contains(notices, "======== "+module.Path+"@"+module.Version+" ========\n\n") {
					t.Errorf("nothing says under which licence %s stands", module.Path)
				}
			}
			if !strings.Contains(notices, "The Go Authors") {
				t.Error("Go's own licence is missing")
			}
		})
	}
}

// What the building machine trusts besides the usual authorities, such as a
// proxy that reads along, the images must not trust.
func TestAnImageTrustsTheDistributionsAuthoritiesOnly(t *testing.T) {
	goImage := strings.TrimSpace(strings.TrimPrefix(environment()[0], "GO_IMAGE="))
	out, err := exec.Command("docker", "run", "--rm", "--network", "none", goImage, "sh", "-c",
		"mkdir -p /tmp/local && update-ca-certificates --fresh --localcertsdir /tmp/local --etccertsdir /tmp/local >&2 && cat /tmp/local/ca-certificates.crt").Output()
	if err != nil {
		t.Fatal(err)
	}
	usual := certificates(out)
	if len(usual) < 50 {
		t.Fatalf("the distribution has %d authorities", len(usual))
	}
	for _, program := range programs() {
		for name := range certificates(content(t, image(program), "/etc/ssl/certs/ca-certificates.crt")) {
			if !usual[name] {
				t.Errorf("%s trusts %s", program, name)
			}
		}
	}
}

// certificates returns the subjects and serial numbers of a bundle.
func certificates(bundle []byte) map[string]bool {
	found := map[string]bool{}
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			found[c.Subject.String()+" "+c.SerialNumber.String()] = true
		}
	}
	return found
}

// content returns a file of an image.
func content(t *testing.T, image, path string) []byte {
	t.Helper()
	id, err := exec.Command("docker", "create", image).Output()
	if err != nil {
		t.Fatal(err)
	}
	container := strings.TrimSpace(string(id))
	defer func() { _ = exec.Command("docker", "rm", "-f", container).Run() }()
	out, err := exec.Command("docker", "cp", container+":"+path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(bytes.NewReader(out))
	if _, err := archive.Next(); err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(archive)
	if err != nil {
		t.Fatal(err)
	}
	return file
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
			compose := "services: {alone: {image: '" + image("alone") + "', build: {context: ., dockerfile: deploy/Dockerfile, secrets: [build_ca], args: {SERVICE: " + service + ", GO_IMAGE: , GOPROXY: , GOSUMDB: }}}}\n" +
				"secrets: {build_ca: {file: $BUILD_CA_FILE}}\n"
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
