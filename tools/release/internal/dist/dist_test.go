package dist_test

import (
	"bytes"
	"debug/buildinfo"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/dist"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/image"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/programs"
)

const root = "../../../.."

// A build of the same commit in another place has the same bytes.
func TestTheSameCommitGivesTheSameBytesElsewhere(t *testing.T) {
	here, there := clone(t), clone(t)
	firstDir, first := release(t, here, "sandbox")
	secondDir, second := release(t, there, "sandbox")
	if digest(t, first) != digest(t, second) {
		t.Errorf("the images differ: %s, %s", digest(t, first), digest(t, second))
	}
	for _, name := range []string{"bin/sandbox_linux_amd64", "sbom/sandbox_linux_amd64.cdx.json"} {
		if !bytes.Equal(read(t, filepath.Join(firstDir, name)), read(t, filepath.Join(secondDir, name))) {
			t.Errorf("%s differs", name)
		}
	}
	layers, err := first.Layers()
	if err != nil || len(layers) != 2 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	for _, l := range layers {
		if err := validate.Layer(l); err != nil {
			t.Errorf("a layer is not valid: %v", err)
		}
	}
}

// The document names every module that the binary was built from, with its licence.
func TestTheBillOfMaterialsIsComplete(t *testing.T) {
	dir, _ := release(t, root, "email-worker")
	var doc cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(read(t, filepath.Join(dir, "sbom/email-worker_linux_amd64.cdx.json"))), cdx.BOMFileFormatJSON).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	built, err := buildinfo.ReadFile(filepath.Join(dir, "bin/email-worker_linux_amd64"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"std"}
	for _, d := range built.Deps {
		if d.Replace == nil {
			want = append(want, d.Path)
		}
	}
	var got []string
	for _, c := range *doc.Components {
		got = append(got, c.Name)
		if c.Licenses == nil || len(*c.Licenses) == 0 || c.Version == "" {
			t.Errorf("%s has no licence or version", c.Name)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || len(got) < 20 {
		t.Errorf("it names %v, the binary was built from %v", got, want)
	}
}

// An image of a release says of itself what one of deploy/Dockerfile does.
func TestAReleasedImageIsLikeTheDockerfiles(t *testing.T) {
	dockerfile := string(read(t, filepath.Join(root, "deploy/Dockerfile")))
	_, img := release(t, root, "sandbox")
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := file.Config
	for _, line := range []string{"USER " + config.User, `ENTRYPOINT ["` + strings.Join(config.Entrypoint, `", "`) + `"]`} {
		if !strings.Contains(dockerfile, line+"\n") {
			t.Errorf("the Dockerfile does not say %s", line)
		}
	}
	labels := regexp.MustCompile(`([a-z.-]+)="([^"]*)"`).FindAllStringSubmatch(dockerfile, -1)
	if len(labels) != len(config.Labels) {
		t.Errorf("labels: %v, in the Dockerfile: %v", config.Labels, labels)
	}
	for _, l := range labels {
		if got, found := config.Labels[l[1]]; !found || !strings.Contains(l[2], "$") && got != l[2] {
			t.Errorf("label %s is %q, in the Dockerfile %q", l[1], got, l[2])
		}
	}
	service, err := image.Make(image.Parts{OS: "linux", Arch: "amd64", Service: true})
	if err != nil {
		t.Fatal(err)
	}
	served, err := service.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	check := served.Config.Healthcheck
	want := "HEALTHCHECK --interval=" + check.Interval.String() + " --timeout=" + check.Timeout.String() + " --start-period=" +
		check.StartPeriod.String() + ` --retries=3 CMD ["` + strings.Join(check.Test[1:], `", "`) + `"]`
	if !strings.Contains(dockerfile, want) || config.Healthcheck != nil {
		t.Errorf("the Dockerfile does not say %s; the sandbox has one: %t", want, config.Healthcheck != nil)
	}
}

func TestAnImageTrustsTheUsualAuthorities(t *testing.T) {
	count := 0
	for block, rest := pem.Decode(image.Authorities()); block != nil; block, rest = pem.Decode(rest) {
		count++
	}
	if count < 100 {
		t.Errorf("it trusts %d authorities", count)
	}
}

// release builds one program for one platform.
func release(t *testing.T, root, name string) (dir string, img v1.Image) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := licences.NewReader(strings.TrimSpace(string(cache)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := programs.All(root)
	if err != nil {
		t.Fatal(err)
	}
	program := all[slices.IndexFunc(all, func(p programs.Program) bool { return p.Name == name })]
	dir = t.TempDir()
	for _, sub := range []string{"bin", "sbom"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	r := dist.Release{Root: root, Out: dir, Version: "v0.0.1", At: time.Unix(1_800_000_000, 0), Licences: reader}
	img, err = r.One(t.Context(), program, programs.Platforms()[0])
	if err != nil {
		t.Fatal(err)
	}
	return dir, img
}

// clone copies what a build needs of the repository to another place.
func clone(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"libs", "tools", "services", "deploy"} {
		if err := os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func digest(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
