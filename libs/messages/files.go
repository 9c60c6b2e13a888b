package messages

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
)

//go:embed texts/*.toml layout.html.tmpl layout.txt.tmpl
var builtIn embed.FS //nolint:gochecknoglobals // The compiler wants embedded files in a variable; nothing writes it.

// The files of a folder beside the languages'.
const (
	htmlLayout = "layout.html.tmpl"
	textLayout = "layout.txt.tmpl"
	textSuffix = ".toml"
)

// maxFileBytes is more than any text or layout needs.
const maxFileBytes = 1 << 20

// text is one text and the file that it is from.
type text struct{ value, file string }

// sources is what a folder holds: texts by language and key, and layouts by file.
type sources struct {
	texts   map[string]map[string]text
	layouts map[string]text
}

// ours reads the texts that are built in. The build is broken where it fails,
// which a test would tell.
func ours() (sources, faults) {
	folder, err := fs.Sub(builtIn, "texts")
	if err != nil {
		return sources{}, faults{{File: "texts", Problem: err.Error()}}
	}
	s, found := read(folder)
	for _, name := range []string{htmlLayout, textLayout} {
		layout, err := builtIn.ReadFile(name)
		if err != nil {
			found.add(name, "", "%v", err)
		}
		s.layouts[name] = text{string(layout), name}
	}
	return s, found
}

// read reads a folder. Names that begin with a dot are passed over: that is how
// Kubernetes mounts the versions of a folder.
func read(folder fs.FS) (sources, faults) {
	s, found := sources{map[string]map[string]text{}, map[string]text{}}, faults{}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return s, faults{{File: "the folder", Problem: "cannot be read: " + reason(err)}}
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(strings.ToLower(name), "readme") {
			continue
		}
		switch {
		case name == htmlLayout || name == textLayout:
			if content, ok := content(folder, name, &found); ok {
				s.layouts[name] = text{content, name}
			}
		case path.Ext(name) == textSuffix:
			s.readTexts(folder, name, &found)
		default:
			found.add(name, "", "is no file of messages, and would change nothing: a folder holds %s, %s and one %s for each language, such as de%s; rename or remove it",
				htmlLayout, textLayout, "LANGUAGE"+textSuffix, textSuffix)
		}
	}
	return s, found
}

// content returns a regular file's text.
func content(folder fs.FS, name string, found *faults) (string, bool) {
	raw, err := bounded(folder, name)
	switch {
	case err != nil:
		found.add(name, "", "cannot be read: %s", reason(err))
	case !utf8.Valid(raw):
		found.add(name, "", "is not UTF-8: save it in that encoding")
	default:
		return strings.ReplaceAll(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n", "\n"), true
	}
	return "", false
}

var errNotRegular = errors.New("not a regular file")

func bounded(folder fs.FS, name string) ([]byte, error) {
	// Stat comes first, because opening a pipe would wait for a writer.
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(raw) > maxFileBytes {
		return nil, errors.New("larger than 1 MiB")
	}
	return raw, err
}

// reason says why without the file's path.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// readTexts reads one language's file.
func (s *sources) readTexts(folder fs.FS, name string, found *faults) {
	tag := strings.TrimSuffix(name, textSuffix)
	parsed, err := language.Parse(tag)
	if err != nil {
		found.add(name, "", "is called after no language: call it LANGUAGE%s with a BCP 47 tag, such as de%s or pt-BR%s", textSuffix, textSuffix, textSuffix)
		return
	}
	if parsed.String() != tag {
		found.add(name, "", "must be called %s%s", parsed, textSuffix)
		return
	}
	raw, ok := content(folder, name, found)
	if !ok {
		return
	}
	var tree map[string]any
	if _, err := toml.Decode(raw, &tree); err != nil {
		found.add(name, "", "is not TOML: %v", err)
		return
	}
	s.texts[tag] = map[string]text{}
	flatten("", tree, func(key string, value any) {
		said, isText := value.(string)
		switch {
		case !knownKey(key):
			found.add(name, key, "is no text that there is%s", meant(key))
		case !isText:
			found.add(name, key, "must be text in quotes")
		default:
			s.texts[tag][key] = text{said, name}
		}
	})
}

// meant offers another name for an unknown key.
func meant(key string) string {
	if near, ok := nearest(key, keyNames()); ok {
		return ": do you mean " + near + "?"
	}
	return ": remove it, or see what `notifyctl messages init` writes"
}

// flatten calls each for every value with its dotted path, in order.
func flatten(path string, tree map[string]any, each func(path string, value any)) {
	names := make([]string, 0, len(tree))
	for name := range tree {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		full := name
		if path != "" {
			full = path + "." + name
		}
		inner, isTable := tree[name].(map[string]any)
		if isTable && !knownKey(full) {
			if len(inner) == 0 && !slices.ContainsFunc(keyNames(), func(k string) bool { return strings.HasPrefix(k, full+".") }) {
				each(full, fmt.Sprint(inner))
				continue
			}
			flatten(full, inner, each)
			continue
		}
		each(full, tree[name])
	}
}
