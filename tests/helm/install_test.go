package helm

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Charts are linted with the least that they need, and are not to be warned of.
func TestHelmsLinterIsContent(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		result := lint.AllWithKubeVersion(filepath.Join(folder, program.Program().Name), required(t, program), "clinic", &chartutil.DefaultCapabilities.KubeVersion)
		for _, m := range result.Messages {
			if m.Severity > support.InfoSev {
				t.Error(m)
			}
		}
	})
}

// A chart is packed, so that nothing of the repository is beside it, and gives
// the same manifests as in its folder. Its dependency is within.
func TestEachChartInstallsAlone(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		inPlace := chartOf(t, program)
		archive, err := chartutil.Save(inPlace, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		packed := load(t, archive)
		for _, needed := range packed.Metadata.Dependencies {
			if !slices.ContainsFunc(packed.Dependencies(), func(c *chartT) bool { return c.Name() == needed.Name && c.Metadata.Version == needed.Version }) {
				t.Errorf("%s %s is not in the archive", needed.Name, needed.Version)
			}
		}
		got, err := render(packed, "a", required(t, program))
		if err != nil {
			t.Fatal(err)
		}
		want, err := render(inPlace, "a", required(t, program))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("the archive gives other manifests than the folder (%v)", err)
		}
		all, err := decode(got)
		if err != nil {
			t.Fatal(err)
		}
		check(t, program, all, required(t, program))
	})
}

// What is installed is told, with commands that name the objects that there are.
func TestTheNotesNameWhatThereIs(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		name := program.Program().Name
		files, err := render(chartOf(t, program), "clinic", required(t, program))
		if err != nil {
			t.Fatal(err)
		}
		notes := files[name+"/templates/NOTES.txt"]
		for _, want := range []string{"rollout status deployment/clinic-" + name, "notifyctl topics ensure", "/status"} {
			if !strings.Contains(notes, want) {
				t.Errorf("%q is missing: %s", want, notes)
			}
		}
	})
}

// Names are what a person expects, and never longer than Kubernetes allows.
func TestNamesAreTheReleaseAndTheProgram(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		name := program.Program().Name
		for release, want := range map[string]string{
			name: name, "clinic-" + name: "clinic-" + name, "clinic": "clinic-" + name,
			strings.Repeat("x", 53): strings.Repeat("x", 51-len(name)) + "-" + name,
		} {
			files, err := render(chartOf(t, program), release, with(required(t, program), "topics.ensure", true))
			if err != nil {
				t.Fatal(err)
			}
			all, err := decode(files)
			if err != nil {
				t.Fatal(err)
			}
			if got := all.workload(t).name; got != want || len(got) > 52 {
				t.Errorf("release %s: %s, want %s", release, got, want)
			}
		}
	})
}

// The example of the documentation installs as it stands there.
func TestTheDocumentedValuesInstall(t *testing.T) {
	text, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n# email.yaml\n")
	example, _, ended := strings.Cut(rest, "```")
	v, err := chartutil.ReadValues([]byte(example))
	if err != nil || !found || !ended {
		t.Fatalf("docs/OPERATIONS.md has no email.yaml (%v)", err)
	}
	all := installed(t, theEmailWorker(), v)
	check(t, theEmailWorker(), all, v)
	if len(all.jobs) != 1 {
		t.Errorf("%d jobs ensure the topics", len(all.jobs))
	}
}
