package message

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

// Settings are what all messages have in common.
type Settings struct {
	// Brand is whom the message is from, as the patient knows it.
	Brand string
	// Clock shows the appointment's local time.
	Clock *localtime.Clock
	// Limits are those of the sending number.
	Limits gsm.Limits
}

// Renderer writes messages. Safe for concurrent use.
type Renderer struct {
	brand  string
	clock  *localtime.Clock
	limits gsm.Limits
}

// New returns a Renderer, or an error that says which setting is wrong.
func New(s Settings) (*Renderer, error) {
	if err := CheckBrand(s.Brand); err != nil {
		return nil, fmt.Errorf("the brand %w", err)
	}
	if s.Clock == nil {
		return nil, errors.New("a clock must be given")
	}
	return &Renderer{brand: gsm.Fold(s.Brand), clock: s.Clock, limits: s.Limits}, nil
}

// CheckBrand is the one rule about what text messages can come from; the
// settings and New both go by it. Its error goes on after the name of what holds
// the brand.
func CheckBrand(brand string) error {
	r := &Renderer{brand: gsm.Fold(brand), limits: gsm.TollFree()} // the shortest segment
	switch {
	case gsm.Loses(brand):
		return errors.New("must be in letters that text messages have (GSM alphabet: Latin, some Greek capitals): some of its letters would be left out, and patients would read another name")
	case !strings.ContainsFunc(r.cutBrand(longestRest()), isNameRune):
		return errors.New("must have a letter or digit, and not only behind a row of other characters")
	default:
		return nil
	}
}

// Render returns the text for e: in the GSM alphabet and in one segment. The
// brand comes first, because carriers ask for it; where the rest leaves too
// little room it is cut, and nothing else is. reference is what a look-up
// searches for and what a patient quotes.
func (r *Renderer) Render(e *domain.Event, reference string) string {
	rest := restOf(e.Status, r.clock.Of(e), reference)
	return r.cutBrand(rest) + rest
}

// restOf returns what follows the brand.
func restOf(s domain.AppointmentStatus, at time.Time, reference string) string {
	return ": " + sentence(s, at.Format("Mon 2 Jan 2006, 15:04 ")+zoneText(at)) + " Ref " + reference + ". Reply STOP to opt out."
}

// sentence says what became of the appointment. None may invite to answer with
// a word that providers act on, such as CANCEL.
func sentence(s domain.AppointmentStatus, when string) string {
	switch s {
	case domain.AppointmentCancelled:
		return "your appointment on " + when + " is cancelled."
	case domain.AppointmentRescheduled:
		return "your appointment has moved to " + when + "."
	case domain.AppointmentConfirmed:
	}
	return "appointment confirmed for " + when + "."
}

// longestRest is a rest that no other is longer than.
func longestRest() (longest string) {
	zone := time.FixedZone("ABCDEF", -(11*60+30)*60)
	for _, s := range domain.AppointmentStatuses() {
		rest := restOf(s, time.Date(10000, time.September, 24, 0, 0, 0, 0, zone), strings.Repeat("A", 8))
		if len(rest) > len(longest) {
			longest = rest
		}
	}
	return longest
}

// zoneText names the zone as people there do, and its offset: "CEST
// (UTC+02:00)". Zones without a name of their own have the offset only.
func zoneText(at time.Time) string {
	name, offset := at.Format("MST"), localtime.Offset(at)
	if name == offset || strings.ContainsFunc(name, notLetter) {
		return offset
	}
	return name + " (" + offset + ")"
}

// cutBrand returns the longest beginning of the brand that leaves room for rest:
// whole words where that costs less than half of it, and no loose punctuation.
func (r *Renderer) cutBrand(rest string) string {
	brand := gsm.Cut(r.brand, r.limits.GSM7-gsm.Len(rest))
	if len(brand) == len(r.brand) {
		return brand
	}
	if word := strings.LastIndexByte(brand, ' '); word > len(brand)/2 && r.brand[len(brand)] != ' ' {
		brand = brand[:word]
	}
	return strings.TrimRightFunc(brand, func(c rune) bool { return !isNameRune(c) })
}

func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func notLetter(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }
