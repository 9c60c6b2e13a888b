package messages

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/messages/dates"
)

const starterHead = `# Texts in %s.
# Remove the # before a line and change what is in quotes. A line that stays as it is goes on to be ours, also after an
# upgrade; "default" is what it was made from, by which ` + "`notifyctl messages check`" + ` tells that ours has changed since.
`

const ownHead = `# Texts in %s, for which there are none yet: translate each line.
`

// Starter returns a file for an operator's own texts in a language: with our texts, all
// of them commented out, or, for a language without texts, with the English ones to be
// translated. The error says why there is no such language.
func Starter(tag string) (name, content string, err error) {
	canonical, ok := Canonical(tag)
	if !ok {
		return "", "", fmt.Errorf("%q is no language tag, such as de or pt-BR", tag)
	}
	known := newSchema()
	all, _ := ours(&known)
	b := builder{known: known, all: all, styles: dates.Styles()}
	if !b.styleOf(canonical, &Language{}) {
		return "", "", fmt.Errorf("%s is a language whose dates this build does not know; it knows %s", canonical, strings.Join(dates.Tags(), ", "))
	}
	texts, head, sign := b.textsOf(canonical), starterHead, "#"
	if len(texts) == 0 {
		texts, head, sign = b.textsOf(Default), ownHead, ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, head, canonical)
	table := ""
	for _, k := range keys() {
		in, own := sectionOf(k.name)
		if in != table {
			fmt.Fprintf(&out, "\n[%s]\n", in)
			table = in
		}
		said := texts[k.name].value
		fmt.Fprintf(&out, "# default %s%s\n%s%s = %s\n", fingerprintOf(said), k.hint(), sign, own, quoted(said))
	}
	return canonical + textSuffix, out.String(), nil
}

// hint lists the fields that a text may contain.
func (k *key) hint() string {
	if len(k.fields) == 0 {
		return ""
	}
	return "; fields " + strings.ReplaceAll(fieldList(k.fields), ",", "")
}

// StarterLayouts returns the layouts by their files.
func StarterLayouts() map[string]string {
	known := newSchema()
	all, _ := ours(&known)
	layouts := map[string]string{}
	for name, layout := range all.layouts {
		layouts[name] = layout.value
	}
	return layouts
}

// quoted writes a TOML string of one line.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// fingerprintOf identifies the text that a line was made from.
func fingerprintOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Change is one of our texts that has changed since an operator's text was made from
// it.
type Change struct {
	File, Key string
	// Now is our text today.
	Now string
}

// String returns the change as one line.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s was made from another text of ours; it is now %s", c.File, c.Key, quoted(c.Now))
}

// Changes lists which of our texts have changed since the texts of a folder were
// made from them, by the comments that Starter wrote.
func Changes(folder fs.FS) []Change {
	known := newSchema()
	all, _ := ours(&known)
	b := builder{known: known, all: all, styles: dates.Styles()}
	var changes []Change
	files, _ := fs.Glob(folder, "*"+textSuffix)
	for _, file := range files {
		var found faults
		content, ok := content(folder, file, &found)
		if !ok {
			continue
		}
		texts := b.textsOf(strings.TrimSuffix(path.Base(file), textSuffix))
		for _, made := range madeFrom(content) {
			if now, ours := texts[made.key]; ours && fingerprintOf(now.value) != made.from {
				changes = append(changes, Change{File: file, Key: made.key, Now: now.value})
			}
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Key, b.Key)) })
	return changes
}

// origin is a text's key and, from the comment above it, the fingerprint of the text
// that it was made from.
type origin struct{ key, from string }

// madeFrom reads the comments of a file. Lines that are still commented out are ours
// and have no origin.
func madeFrom(content string) (origins []origin) {
	table, from := "", ""
	for lines := bufio.NewScanner(strings.NewReader(content)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, _, isKey := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			table, from = strings.Trim(line, "[] "), ""
		case strings.HasPrefix(line, "# default "):
			from, _, _ = strings.Cut(strings.TrimPrefix(line, "# default "), ";")
		case strings.HasPrefix(line, "#"), !isKey:
			from = ""
		case from != "":
			origins = append(origins, origin{strings.TrimPrefix(table+"."+strings.TrimSpace(name), "."), from})
			from = ""
		}
	}
	return origins
}
