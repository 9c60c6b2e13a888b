package settingsdoc

import (
	"fmt"
	"strings"
)

const markdownHead = `# Settings

Environment variables. Every fault in them is reported at once when a program starts; ` + "`.env.example`" + ` has them all with
their defaults. A secret may be given as a file instead: ` + "`NAME_FILE`" + ` names it. Written by ` + "`make settings`" + `.

`

// Markdown returns docs/SETTINGS.md: the settings as one table per section.
func Markdown() string {
	var b strings.Builder
	b.WriteString(markdownHead)
	for i, section := range sections() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "## %s\n\n| Setting | Default | Meaning | Value | Read by |\n|---|---|---|---|---|\n", section.title)
		for _, e := range entriesOf(section.groups) {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
				nameCell(e), cell(defaultOf(e, "`")), cell(e.About), cell(e.Want), readers(e))
		}
	}
	return b.String()
}

// nameCell marks secrets, which may be given as files too.
func nameCell(e *entry) string {
	if e.Secret {
		return "`" + e.Name + "`, or `" + e.Name + "_FILE`"
	}
	return "`" + e.Name + "`"
}

// readers names the programs that read e.
func readers(e *entry) string {
	if len(e.readers) == len(Programs()) {
		return "all"
	}
	return strings.Join(e.readers, ", ")
}

// cell escapes what would end a table cell or begin an HTML tag outside code.
func cell(s string) string {
	parts := strings.Split(strings.ReplaceAll(s, "|", `\|`), "`")
	for i := 0; i < len(parts); i += 2 { // The odd ones stand between backquotes.
		parts[i] = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
