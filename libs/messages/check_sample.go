package messages

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

const (
	// LeastBrand is the number of characters for a brand that every text message has
	// room for: the longest alphanumeric sender.
	LeastBrand = 11
	// mostSubject is the longest subject that mail programs show on a wide screen.
	mostSubject = 200
	// mostHTML is below the size at which Gmail clips messages, about 102 kB.
	mostHTML = 90_000
	// sampleReference is a possible result of domain.Key.Reference.
	sampleReference = "ABCDE237"
)

// check fills the texts of a language with the longest values. It skips a language that
// already has faults.
func (r *reader) check(l *Language) {
	if len(*r.found) > 0 {
		return
	}
	at := longestMoment(l)
	for _, s := range domain.AppointmentStatuses() {
		r.checkSMS(l, s, at)
		r.checkEmail(l, s, at)
	}
}

func (r *reader) checkSMS(l *Language, s domain.AppointmentStatus, at time.Time) {
	name := "sms." + string(s)
	if l.optOut != "" && !l.wordsFor(s).sms.has(optOut) {
		r.fault(name, "must have %s; or empty %s", optOut, keyOptOut)
		return
	}
	if l.encoding == gsm.GSM7 && (r.outside(name, l.wordsFor(s).sms.literals...) || r.outside(keyOptOut, l.optOut)) {
		return
	}
	sample := Short{Status: s, Brand: strings.Repeat("N", LeastBrand), Reference: sampleReference, At: at}
	said := l.SMS(&sample, gsm.TollFree())
	count := gsm.TollFree().Count(said)
	switch {
	case (count.Segments > l.segments || !strings.Contains(said, sample.Brand)) && r.texts[name].ours:
		setting := segmentsSetting(l.encoding)
		*r.found = append(*r.found, Fault{
			File: r.fileOf(name), Key: name, Setting: setting,
			Problem: fmt.Sprintf("must be larger for the text %s in %s; raise it, or let MESSAGES_DIR shorten the text", name, r.tag),
		})
	case count.Segments > l.segments || !strings.Contains(said, sample.Brand):
		sample.Brand = ""
		r.fault(name, "is too long: with the longest date it has %d %s units beside the brand, and %s leaves no room for %d characters of that; shorten it, or raise the setting",
			gsm.TollFree().Count(l.SMS(&sample, gsm.TollFree())).Units, l.encoding, segmentsSetting(l.encoding), LeastBrand)
	case !domain.ReferenceIn(said, sampleReference) || l.wordsFor(s).sms.touches(reference):
		r.fault(name, "must have {{.Reference}} as a word of its own: an accepted message is found again by it")
	}
}

func segmentsSetting(e gsm.Encoding) string {
	if e == gsm.GSM7 {
		return "SMS_MAX_SEGMENTS"
	}
	return "SMS_MAX_SEGMENTS_UCS2"
}

// outside reports a fault if texts contain a character that the GSM alphabet does not
// have.
func (r *reader) outside(name string, texts ...string) bool {
	for _, said := range texts {
		for _, c := range said {
			if gsm.Septets(c) == 0 {
				r.fault(name, `has %q, which the GSM alphabet does not have: write it otherwise, or set sms.encoding = "ucs2", which costs up to %d segments a message`,
					c, r.options.SegmentsUCS2)
				return true
			}
		}
	}
	return false
}

func (r *reader) checkEmail(l *Language, s domain.AppointmentStatus, at time.Time) {
	m := Mail{
		Status: s, Brand: strings.Repeat("N", 64), Reference: strings.Repeat(`<&"'`, 9), At: at, Calendar: true,
	}
	e := l.Email(&m)
	if n := utf8.RuneCountInString(e.Subject); n > mostSubject {
		r.fault("email."+string(s)+".subject", "is too long: with the longest values it has %d characters; shorten it to %d", n, mostSubject)
	}
	if len(e.HTML) > mostHTML {
		r.found.add(htmlLayout, "", "is too large: a message has %d bytes, and Gmail cuts one off at 102 kB; shorten it to %d", len(e.HTML), mostHTML)
	}
}

// longestMoment returns the time that is longest in a text message, in a zone with the
// longest names.
func longestMoment(l *Language) time.Time {
	zone := time.FixedZone("ABCDEF", -(11*60+30)*60)
	var longest time.Time
	most := -1
	for month := time.January; month <= time.December; month++ {
		for day := 20; day <= 26; day++ { // every weekday, and two digits
			at := time.Date(9998, month, day, 22, 59, 0, 0, zone)
			if n := utf8.RuneCountInString(l.smsStyle.Short(at)) + utf8.RuneCountInString(l.style.Date(at)); n > most {
				longest, most = at, n
			}
		}
	}
	return longest
}
