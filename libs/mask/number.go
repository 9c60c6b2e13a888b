package mask

import (
	"slices"
	"strings"
	"unicode"
)

// hideNumbers hides runs of digits that may be phone numbers: those with at least least
// digits, or fewer if they are marked as a phone number.
func hideNumbers(s string, least int) string {
	if !strings.ContainsFunc(s, unicode.IsDigit) {
		return s
	}
	text, out := []rune(s), strings.Builder{}
	for i := 0; i < len(text); {
		if n := max(moment(text, i, true), opaque(text, i)); n > 0 {
			out.WriteString(string(text[i : i+n]))
			i += n
			continue
		}
		end := runEnd(text, i)
		if end == i {
			out.WriteRune(text[i])
			i++
			continue
		}
		before := string(text[max(0, i-24):i])
		out.WriteString(hideRun(text[i:end], before, least))
		i = end
	}
	return out.String()
}

// maxGap is how many separators may be between two digits of one number: " - " and ")
// ".
const maxGap = 3

// runEnd returns where the number that begins at i ends; i if no number begins there. A number
// ends before a time of day.
func runEnd(text []rune, i int) int {
	j, end := i, i
	for j < len(text) && (text[j] == '+' || text[j] == '(') && j < i+2 {
		j++
	}
	if j == len(text) || !unicode.IsDigit(text[j]) {
		return i
	}
	for gap := 0; j < len(text) && gap <= maxGap; j++ {
		switch {
		case unicode.IsDigit(text[j]) && j > i && moment(text, j, true) > 0:
			return end
		case unicode.IsDigit(text[j]):
			end, gap = j+1, 0
		case separator(text[j]):
			gap++
		default:
			return end
		}
	}
	return end
}

// separator reports whether people write r between the digits of a number.
func separator(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("().-/·•", r) || unicode.In(r, unicode.Pd, unicode.Mn, unicode.Me)
}

// hideRun hides a run. Dates in it stay, and so do parts between dates that are too
// short for a number.
func hideRun(run []rune, before string, least int) string {
	if marked := strings.HasPrefix(strings.TrimLeft(string(run), "("), "+") || phoneScheme(before); marked {
		if digits(run) >= minMarked {
			return number(run)
		}
		return string(run)
	}
	if quantity(run, before) {
		return string(run)
	}
	var out strings.Builder
	for len(run) > 0 {
		from, n := dateIn(run)
		part := run[:from]
		if digits(part) >= least {
			out.WriteString(aroundNumber(part))
		} else {
			out.WriteString(string(part))
		}
		out.WriteString(string(run[from : from+n]))
		run = run[from+n:]
	}
	return out.String()
}

// aroundNumber hides a number and keeps the spaces around it.
func aroundNumber(part []rune) string {
	text := string(part)
	core := strings.TrimSpace(text)
	return strings.Replace(text, core, number(part), 1)
}

// phoneScheme reports whether a number follows "tel:" or the like.
func phoneScheme(before string) bool {
	before = strings.ToLower(strings.TrimRight(before, " /"))
	return slices.ContainsFunc([]string{"tel:", "sms:", "smsto:", "callto:", "whatsapp:", "wa.me"},
		func(scheme string) bool { return strings.HasSuffix(before, scheme) })
}

// quantity reports whether a plain number follows a word that marks it as a count:
// "offset 12345678".
func quantity(run []rune, before string) bool {
	if slices.ContainsFunc(run, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		return false
	}
	before = strings.TrimRight(strings.ToLower(before), ` =:"'`)
	word := before[strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) })+1:]
	return slices.Contains(quantities(), word)
}

// quantities are words for counts and measures.
func quantities() []string {
	return []string{"offset", "partition", "revision", "amount", "price", "total", "count", "size", "bytes", "cents"}
}

// dateIn returns where the first date in a run is and how long it is; the run's end and
// 0 for a run without a date.
func dateIn(run []rune) (from, n int) {
	for i := range run {
		if n := moment(run, i, false); n > 0 {
			return i, n
		}
	}
	return len(run), 0
}

// number hides a phone number except for its last two digits: "***01".
func number(s []rune) string {
	var kept []rune
	for _, r := range s {
		if unicode.IsDigit(r) {
			kept = append(kept, r)
		}
	}
	if len(kept) < minText {
		return hidden
	}
	return hidden + string(kept[len(kept)-2:])
}

func digits(s []rune) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
