package config

import "time"

// Delivery holds the settings of a channel worker's deliveries.
type Delivery struct {
	Concurrency  int           `env:"DELIVERY_CONCURRENCY" envDefault:"64" is:"int 1..10000" about:"Sends at the same time per process, over all partitions."`
	MaxAttempts  int           `env:"DELIVERY_MAX_ATTEMPTS" envDefault:"8" is:"int 1..1000" about:"Attempts before a transient failure is dead-lettered."`
	MaxElapsed   time.Duration `env:"DELIVERY_MAX_ELAPSED" envDefault:"30m" is:"duration 1ms..168h" about:"Time before a transient failure is dead-lettered; time paused, rate-limited or in doubt does not count."`
	DrainTimeout time.Duration `env:"DRAIN_TIMEOUT" envDefault:"20s" is:"duration 10ms..10m" about:"How long running sends may take to end on SIGTERM and when a partition moves away."`
	// MaxEventAge is 0 if no event is too old.
	MaxEventAge time.Duration `env:"NOTIFY_MAX_EVENT_AGE" is:"duration 0s..8760h" default:"per program" about:"An event published longer ago than this is skipped as event_too_old; 0 is no limit."`
	Recipients  Recipients
	Settle      time.Duration `env:"RECONCILE_SETTLE_SECONDS" envDefault:"30" is:"seconds 0..3600" about:"How long a request may still reach the provider after its deadline."`
	Visibility  time.Duration `env:"RECONCILE_VISIBILITY_SECONDS" is:"seconds 0..86400" default:"per program" about:"How long an accepted message may take to show in the provider's look-up; 'not found' proves nothing before."`
}
