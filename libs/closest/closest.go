// Package closest finds the name that was probably meant by a mistyped one.
package closest

// To returns the first of the names closest to given, if it differs in at most most
// letters. An inserted, deleted or replaced letter counts as one.
func To(given string, names []string, most int) (name string, found bool) {
	best := most + 1
	for _, candidate := range names {
		if d := distance(given, candidate); d < best {
			best, name = d, candidate
		}
	}
	return name, best <= most
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
