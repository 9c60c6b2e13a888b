package config

import (
	"os"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// Texts returns the texts of messages, by MESSAGES_DIR, DEFAULT_LOCALE and
// LOCALE_ALIASES. They are nil until Load has checked the settings.
func (m *Message) Texts() *messages.Set { return m.texts }

// checkTexts reads the texts and tries all of them. Faults in the folder are reported
// by file, as faults of MESSAGES_DIR.
func (m *Message) checkTexts(r *Report) {
	const folder, byDefault, aliases = "MESSAGES_DIR", "DEFAULT_LOCALE", "LOCALE_ALIASES"
	if r.Faulty(folder) || r.Faulty("SMS_MAX_SEGMENTS") || r.Faulty("SMS_MAX_SEGMENTS_UCS2") {
		return
	}
	texts, faults := Texts(m.MessagesDir, messages.Options{Segments: m.SMSMaxSegments, SegmentsUCS2: m.SMSMaxSegmentsUCS2})
	for _, fault := range faults {
		if fault.Setting != "" {
			r.Fault(fault.Setting, fault.Problem)
			continue
		}
		r.Fault(folder, fault.String())
	}
	if len(faults) > 0 {
		return
	}
	legal := strings.Join(texts.Tags(), ", ")
	if !r.Faulty(byDefault) && !texts.Has(m.DefaultLocale) {
		r.Fault(byDefault, "must be one of "+legal+"; MESSAGES_DIR can add a language")
	}
	pairs, ok := readAliases(m.LocaleAliases, texts)
	if !ok && !r.Faulty(aliases) {
		r.Fault(aliases, "must be pairs such as gsw:de,gl:es: a language without texts, and in its place one of "+legal)
	}
	if ok && texts.Has(m.DefaultLocale) {
		m.texts = texts.With(m.DefaultLocale, pairs)
	}
}

// Texts returns the texts of a value of MESSAGES_DIR, or its faults.
func Texts(folder string, o messages.Options) (*messages.Set, []messages.Fault) {
	if folder == "" {
		return messages.Open(nil, o)
	}
	return messages.Open(os.DirFS(folder), o)
}

// readAliases reads "gsw:de,gl:es". An alias of a language that has texts would have no
// effect.
func readAliases(list string, texts *messages.Set) (map[string]string, bool) {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		from, to, ok := strings.Cut(strings.TrimSpace(pair), ":")
		tag, known := messages.Canonical(strings.TrimSpace(from))
		to = strings.TrimSpace(to)
		if !ok || !known || texts.Has(tag) || !texts.Has(to) {
			return nil, false
		}
		pairs[tag] = to
	}
	return pairs, true
}
