package localtime

import (
	"strconv"
	"time"
)

// halfAYear is how old data may be: governments change their rules a few times
// a year, some with weeks of notice.
const halfAYear = 183 * 24 * time.Hour

// Outdated reports whether the edition is over half a year old at now. If only the year
// of its publication is known, the year's last hour counts.
func (e Edition) Outdated(now time.Time) bool {
	published := e.Published
	if published.IsZero() {
		year, _ := strconv.Atoi(e.Version[:4])
		published = time.Date(year+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return now.Sub(published) > halfAYear
}
