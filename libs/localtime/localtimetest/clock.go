// Package localtimetest gives tests a clock.
package localtimetest

import "github.com/kafka-notifications/kafka-notifications/libs/localtime"

// Clock returns a clock with the built-in time zones that shows events without a time
// zone in the zone named fallback. It panics if there is no such zone.
func Clock(fallback string) *localtime.Clock {
	zones, err := localtime.BuiltIn()
	if err != nil {
		panic(err)
	}
	clock, err := localtime.NewClock(zones, fallback)
	if err != nil {
		panic(fallback + ": " + err.Error())
	}
	return clock
}
