// Package changelog turns the unreleased part of a changelog into a version.
package changelog

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const unreleased = "## Unreleased\n"

// Version matches what a release may be called: v0.1.0, v1.2.0-rc.1.
func Version(s string) bool {
	return regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`).MatchString(s)
}

// Cut renames the section "Unreleased" to the version and its day, and adds an empty
// "Unreleased" above it. It fails if the section is empty, or if the version exists
// already.
func Cut(text, version string, day time.Time) (string, error) {
	before, after, found := strings.Cut(text, unreleased)
	if !found {
		return "", errors.New(`CHANGELOG.md has no line "## Unreleased"`)
	}
	heading := fmt.Sprintf("## %s", strings.TrimPrefix(version, "v"))
	if strings.Contains(text, heading+" ") {
		return "", fmt.Errorf("CHANGELOG.md has a section %q already", heading)
	}
	section, _, _ := strings.Cut(after, "\n## ")
	if strings.TrimSpace(section) == "" {
		return "", errors.New(`CHANGELOG.md says nothing under "## Unreleased": write what is new first`)
	}
	return before + unreleased + "\n" + heading + " - " + day.Format(time.DateOnly) + "\n" + after, nil
}

// Section returns the text of a version.
func Section(text, version string) string {
	_, after, _ := strings.Cut(text, "## "+strings.TrimPrefix(version, "v")+" - ")
	_, after, _ = strings.Cut(after, "\n")
	section, _, _ := strings.Cut(after, "\n## ")
	return strings.TrimSpace(section) + "\n"
}
