package settingsdoc

import (
	"fmt"
	"strings"
)

const dotEnvHead = `# The settings of all services. Copy this file to .env and fill in what is empty;
# an empty value counts as not set. What is commented out has the default that
# is named, or differs per service: one file serves all of them.
#
# Written by "make settings" from the declarations in libs/runtime/config and
# services/*/settings.
`

// DotEnv returns the file .env.example: every setting with its default. Settings
// that differ per service or have no default are commented out, secrets empty.
func DotEnv() string {
	var b strings.Builder
	b.WriteString(dotEnvHead)
	for _, section := range sections() {
		fmt.Fprintf(&b, "\n\n# ---- %s ----\n", section.title)
		for _, e := range entriesOf(section.groups) {
			fmt.Fprintf(&b, "\n# %s\n# %s Value: %s.\n", e.About, standing(e), e.Want)
			if e.Secret {
				fmt.Fprintf(&b, "# Or %s_FILE: the name of a file that holds it.\n", e.Name)
			}
			b.WriteString(assignment(e))
		}
	}
	return b.String()
}

// standing describes the effect of leaving e unset.
func standing(e *entry) string {
	switch shown := defaultOf(e, ""); {
	case e.Required:
		return strings.ToUpper(shown[:1]) + shown[1:] + "."
	case shown == none:
		return "Optional."
	default:
		return "Default: " + shown + "."
	}
}

// assignment returns the line that sets e, or that shows how.
func assignment(e *entry) string {
	switch {
	case e.Secret && e.Required:
		return e.Name + "=\n"
	case e.Required:
		return e.Name + "=" + e.Example + "\n"
	case e.Varies || e.Default == "":
		return "#" + e.Name + "=\n"
	case e.Group == "Superseded":
		return "#" + e.Name + "=" + e.Default + "\n"
	}
	return e.Name + "=" + e.Default + "\n"
}
