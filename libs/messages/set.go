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

// Options bound the length of text messages.
type Options struct {
	// Segments is how many segments a text message may take in the GSM alphabet,
	// SegmentsUCS2 in UCS-2.
	Segments, SegmentsUCS2 int
}

// DefaultOptions are the options of a program without settings.
func DefaultOptions() Options { return Options{Segments: 1, SegmentsUCS2: 2} }

// Default is the language of events without a locale, unless a setting says otherwise.
const Default = dates.House

// Set holds all languages with their texts. It is immutable and may be used
// concurrently.
type Set struct {
	byTag     map[string]*Language
	byDefault *Language
	aliases   map[string]string
	hash      string
	own       bool
}

// BuiltIn returns the texts that are part of this build. The error means that the build
// is broken, or that its texts exceed the options.
func BuiltIn(o Options) (*Set, error) {
	s, found := Open(nil, o)
	if len(found) > 0 {
		return nil, fmt.Errorf("the built-in texts: %s (and %d more)", found[0], len(found)-1)
	}
	return s, nil
}

// Open returns the built-in texts with those of a folder in their place, key by key, or
// all faults of the folder. A nil folder has no texts.
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

// With returns the set with another default and with aliases, which map a language to
// the one that it is written in. Both must name languages for which Has is true.
func (s *Set) With(byDefault string, aliases map[string]string) *Set {
	with := *s
	with.byDefault, with.aliases = s.byTag[byDefault], aliases
	return &with
}

// Has reports whether the set has a language with exactly this tag.
func (s *Set) Has(tag string) bool { return s.byTag[tag] != nil }

// Tags lists the tags of all languages, in order.
func (s *Set) Tags() []string { return slices.Sorted(maps.Keys(s.byTag)) }

// Hash identifies the texts and layouts: two sets with the same hash write the same
// messages.
func (s *Set) Hash() string { return s.hash }

// State is a program's report on its texts.
type State struct {
	// Set is the set's hash.
	Set string `json:"set"`
	// Source names the place that the texts were read from.
	Source string `json:"source"`
	// Default is the language of events without a locale.
	Default string `json:"default"`
}

// State returns a program's report on s.
func (s *Set) State() State {
	source := "built in"
	if s.own {
		source = "MESSAGES_DIR"
	}
	return State{Set: s.hash, Source: source, Default: s.byDefault.tag}
}
