package twilio

import (
	"strings"
	"unicode/utf16"
)

// The GSM 03.38 basic set without the ASCII it shares, and the characters that
// cost two septets.
const (
	gsmBasic    = "£¥èéùìòÇ\nØø\rÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// segments returns how many segments the text is sent in. Toll-free senders
// have shorter ones (Twilio's glossary).
func segments(text, from string) int {
	units, gsm := gsmUnits(text)
	if !gsm {
		units = utf16Units(text)
	}
	one, part := limits(gsm, tollFree(from))
	total := 0
	for _, u := range units {
		total += u
	}
	if total <= one {
		return 1
	}
	return pack(units, part)
}

func limits(gsm, tollFree bool) (one, part int) {
	switch {
	case gsm && tollFree:
		return 152, 152
	case gsm:
		return 160, 153
	case tollFree:
		return 66, 66
	}
	return 70, 67
}

// pack counts parts; a character is never split over two of them.
func pack(units []int, part int) int {
	parts, used := 1, 0
	for _, u := range units {
		if used+u > part {
			parts, used = parts+1, 0
		}
		used += u
	}
	return parts
}

func gsmUnits(text string) ([]int, bool) {
	units := make([]int, 0, len(text))
	for _, c := range text {
		n := septets(c)
		if n == 0 {
			return nil, false
		}
		units = append(units, n)
	}
	return units, true
}

// septets returns what the character costs in GSM 03.38; 0: it is not in it.
func septets(c rune) int {
	switch {
	case strings.ContainsRune(gsmExtended, c):
		return 2
	case c >= ' ' && c <= '~' && c != '`' || strings.ContainsRune(gsmBasic, c):
		return 1
	}
	return 0
}

func utf16Units(text string) []int {
	units := make([]int, 0, len(text))
	for _, c := range text {
		units = append(units, max(1, utf16.RuneLen(c)))
	}
	return units
}

// tollFree knows the North American toll-free codes.
func tollFree(number string) bool {
	for _, code := range []string{"800", "833", "844", "855", "866", "877", "888"} {
		if strings.HasPrefix(number, "+1"+code) {
			return true
		}
	}
	return false
}
