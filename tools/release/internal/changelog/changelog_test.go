package changelog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/changelog"
)

const text = "# Changelog\n\n## Unreleased\n\n- New: texts.\n\n## 0.1.0 - 2026-11-01\n\n- First.\n"

func TestAReleaseTakesWhatIsUnreleased(t *testing.T) {
	day := time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)
	got, err := changelog.Cut(text, "v0.2.0", day)
	want := strings.Replace(text, "## Unreleased\n", "## Unreleased\n\n## 0.2.0 - 2026-11-26\n", 1)
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if got := changelog.Section(got, "v0.2.0"); got != "- New: texts.\n" {
		t.Errorf("its section is %q", got)
	}
	if _, err := changelog.Cut(got, "v0.3.0", day); err == nil || !strings.Contains(err.Error(), "says nothing") {
		t.Errorf("a second version without news: %v", err)
	}
	if _, err := changelog.Cut(text, "v0.1.0", day); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a version that is there: %v", err)
	}
	if _, err := changelog.Cut("# Changelog\n", "v0.1.0", day); err == nil {
		t.Error("a changelog without a place for it is taken")
	}
}

func TestVersionsAreSemantic(t *testing.T) {
	for version, valid := range map[string]bool{
		"v0.1.0": true, "v1.20.3": true, "v1.0.0-rc.1": true,
		"0.1.0": false, "v1": false, "v01.0.0": false, "v1.0.0 ": false, "latest": false, "": false,
	} {
		if changelog.Version(version) != valid {
			t.Errorf("%q counts as valid: %t", version, !valid)
		}
	}
}
