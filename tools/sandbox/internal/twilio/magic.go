package twilio

import "strings"

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
