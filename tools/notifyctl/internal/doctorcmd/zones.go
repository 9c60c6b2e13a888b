package doctorcmd

import (
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// zones reports which time-zone data messages use. Faults of a folder are reported with
// the settings.
func zones(folder string, now time.Time) []finding {
	data, err := config.Zones(strings.TrimSpace(folder))
	if err != nil {
		return nil
	}
	edition := data.Edition()
	if edition.Outdated(now) {
		return []finding{remark("time zones: %s is over half a year old, and times may be told by rules that changed since: "+
			"take a newer build, or let ZONE_DATA name a folder of newer data", edition)}
	}
	return []finding{good("time zones: %s", edition)}
}
