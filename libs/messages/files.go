package messages

import (
	"embed"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
)

//go:embed texts/*.toml layout.html.tmpl layout.txt.tmpl
var builtIn embed.FS

// The files of a folder other than the languages'.
const (
	htmlLayout = "layout.html.tmpl"
	textLayout = "layout.txt.tmpl"
	textSuffix = ".toml"
)

// maxFileBytes is more than any text or layout needs.
const maxFileBytes = 1 << 20

// text is one text and the file that it is from, which may be one of ours.
type text struct {
	value, file string
	ours        bool
}

// sources is the content of a folder: texts by language and key, and layouts by file.
type sources struct {
	texts   map[string]map[string]text
	layouts map[string]text
}

// ours reads the built-in texts. If it fails the build is broken, which a test would
// show.
func ours(known *schema) (sources, faults) {
	folder, err := fs.Sub(builtIn, "texts")
	if err != nil {
		return sources{}, faults{{File: "texts", Problem: err.Error()}}
	}
	s, found := read(folder, known)
	for _, texts := range s.texts {
		for key, t := range texts {
			t.ours = true
			texts[key] = t
		}
	}
	for _, name := range []string{htmlLayout, textLayout} {
		layout, err := builtIn.ReadFile(name)
		if err != nil {
			found.add(name, "", "%v", err)
		}
		s.layouts[name] = text{value: string(layout), file: name, ours: true}
	}
	return s, found
}

// read reads a folder. Names that begin with a dot are skipped, because Kubernetes
// mounts the versions of a folder under such names.
func read(folder fs.FS, known *schema) (sources, faults) {
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
				s.layouts[name] = text{value: content, file: name}
			}
		case path.Ext(name) == textSuffix:
			s.readTexts(folder, name, known, &found)
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

// reason returns an error's reason without the file's path.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// readTexts reads one language's file.
func (s *sources) readTexts(folder fs.FS, name string, known *schema, found *faults) {
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
	known.flatten("", tree, func(key string, value any) {
		said, isText := value.(string)
		switch {
		case !known.has(key):
			found.add(name, key, "is no text that there is%s", known.meant(key))
		case !isText:
			found.add(name, key, "must be text in quotes")
		default:
			s.texts[tag][key] = text{value: said, file: name}
		}
	})
}

// meant offers another name for an unknown key.
func (s *schema) meant(key string) string {
	if near, ok := nearest(key, s.names); ok {
		return ": do you mean " + near + "?"
	}
	return ": remove it, or see what `notifyctl messages init` writes"
}

// flatten calls each for every value with its dotted path, in order.
func (s *schema) flatten(path string, tree map[string]any, each func(path string, value any)) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		full := strings.TrimPrefix(path+"."+name, ".")
		inner, isTable := tree[name].(map[string]any)
		if isTable && !s.has(full) && (len(inner) > 0 || s.holds(full)) {
			s.flatten(full, inner, each)
			continue
		}
		each(full, tree[name])
	}
}
