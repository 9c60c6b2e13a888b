package twilio

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// unreachable is the code of a phone that is off.
const unreachable = 30003

// usualFate is the fate of a message without a rule: messages to +155501 followed by a
// code of Twilio's fail with that code.
func usualFate(number string) *script.Action {
	digits, _ := strings.CutPrefix(number, "+155501")
	code, _ := strconv.Atoi(digits)
	switch {
	case slices.Contains([]int{21610, 30003, 30004, 30005, 30006, 30007, 30008, 30034, 30410}, code):
		return &script.Action{Ending: script.Undelivered, Code: code}
	case slices.Contains([]int{30001, 30002, 30032, 30036, 63038}, code):
		return &script.Action{Ending: script.Unsent, Code: code}
	}
	return &script.Action{}
}

// magic returns the last digit of one of Twilio's magic numbers
// (+1500555000N, www.twilio.com/docs/iam/test-credentials), else 0.
func magic(number string) int {
	digit, ok := strings.CutPrefix(number, "+1500555000")
	if !ok || len(digit) != 1 {
		return 0
	}
	return int(digit[0] - '0')
}

// magicFrom returns the error that the magic sender provokes.
func magicFrom(digit int) int {
	switch digit {
	case 1:
		return 21212
	case 8:
		return 21611
	}
	return 21606
}

// magicTo returns the error that the magic recipient provokes, else 0.
func magicTo(digit int) int {
	switch digit {
	case 1:
		return 21211
	case 2:
		return 21612
	case 3:
		return 21408
	case 4:
		return 21610
	case 9:
		return 21614
	}
	return 0
}
