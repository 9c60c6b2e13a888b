package messages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/messages/dates"
)

// Options bound what texts may cost.
type Options struct {
	// Segments is how many a text message may take in the GSM alphabet,
	// SegmentsUCS2 in the others.
	Segments, SegmentsUCS2 int
}

// DefaultOptions are those of a program that has no settings.
func DefaultOptions() Options { return Options{Segments: 1, SegmentsUCS2: 2} }

// Default is the language of events that name none, where nothing else is set.
const Default = dates.House

// Set is all languages with their texts. It is immutable and may be used
// concurrently.
type Set struct {
	byTag     map[string]*Language
	byDefault *Language
	aliases   map[string]string
	hash      string
	own       bool
}

// BuiltIn returns the texts that are part of this build. The error means that the
// build is broken, or that the options are narrower than its texts.
func BuiltIn(o Options) (*Set, error) {
	s, found := Open(nil, o)
	if len(found) > 0 {
		return nil, fmt.Errorf("the built-in texts: %s (and %d more)", found[0], len(found)-1)
	}
	return s, nil
}

// Open returns the built-in texts with those of a folder in their place, key by
// key, or everything that is wrong with the folder. A nil folder has none.
func Open(folder fs.FS, o Options) (*Set, []Fault) {
	known := newSchema()
	all, found := ours(&known)
	if folder != nil {
		theirs, wrong := read(folder, &known)
		found = append(found, wrong...)
		all = all.under(theirs)
	}
	s := &Set{byTag: map[string]*Language{}, own: folder != nil}
	b := builder{options: o, known: known, all: all, found: &found, styles: dates.Styles()}
	b.layouts()
	digest := sha256.New()
	for _, tag := range b.tags() {
		l, fingerprint := b.language(tag)
		s.byTag[tag] = l
		fmt.Fprintf(digest, "%s\x00%s\x00", tag, fingerprint)
	}
	for _, name := range slices.Sorted(maps.Keys(all.layouts)) {
		fmt.Fprintf(digest, "%s\x00%s\x00", name, all.layouts[name].value)
	}
	if len(found) > 0 {
		return nil, found
	}
	s.hash = hex.EncodeToString(digest.Sum(nil))[:12]
	s.byDefault = s.byTag[Default]
	return s, nil
}

// under returns the sources with those of a folder in their place.
func (s sources) under(theirs sources) sources {
	for tag, texts := range theirs.texts {
		if s.texts[tag] == nil {
			s.texts[tag] = map[string]text{}
		}
		maps.Copy(s.texts[tag], texts)
	}
	maps.Copy(s.layouts, theirs.layouts)
	return s
}

// With returns the set with another default and with aliases: languages that are
// written in another one. Both name languages that Has reports.
func (s *Set) With(byDefault string, aliases map[string]string) *Set {
	with := *s
	with.byDefault, with.aliases = s.byTag[byDefault], aliases
	return &with
}

// Has reports whether there is a language with exactly this tag.
func (s *Set) Has(tag string) bool { return s.byTag[tag] != nil }

// Tags lists the tags of all languages, in order.
func (s *Set) Tags() []string { return slices.Sorted(maps.Keys(s.byTag)) }

// Hash names the texts and layouts: two sets with the same hash write the same.
func (s *Set) Hash() string { return s.hash }

// State is what a program shows of its texts.
type State struct {
	// Set is the set's hash.
	Set string `json:"set"`
	// Source says where it was read.
	Source string `json:"source"`
	// Default is the language of events that name none.
	Default string `json:"default"`
}

// State returns what a program shows of s.
func (s *Set) State() State {
	source := "built in"
	if s.own {
		source = "MESSAGES_DIR"
	}
	return State{Set: s.hash, Source: source, Default: s.byDefault.tag}
}
