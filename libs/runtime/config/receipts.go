package config

import "time"

// Receipts holds the settings with which a channel worker asks for receipts. The
// horizon must stay below the retention of the outcomes topic, 30 days.
type Receipts struct {
	Enabled bool          `env:"RECEIPTS_ENABLED" envDefault:"true" is:"bool" about:"Whether the provider is asked for receipts of messages: delivered, bounced, complained about. Receipts never cause a message to be sent."`
	Poll    time.Duration `env:"RECEIPTS_POLL_SECONDS" envDefault:"60" is:"seconds 0.1..3600" when:"RECEIPTS_ENABLED" about:"How long after sending a message its receipt is first asked for; all further waits are multiples of it."`
	Horizon time.Duration `env:"RECEIPTS_HORIZON" envDefault:"72h" is:"duration 1m..600h" when:"RECEIPTS_ENABLED" about:"How long the provider is asked about a message; without a final receipt it is then unconfirmed. At least a hundred times RECEIPTS_POLL_SECONDS."`
}

// Check reports a horizon that is too short for most look-ups.
func (c *Receipts) Check(r *Report) {
	const poll, horizon = "RECEIPTS_POLL_SECONDS", "RECEIPTS_HORIZON"
	if r.Faulty(poll) || r.Faulty(horizon) || !c.Enabled {
		return
	}
	if c.Horizon < 100*c.Poll {
		r.Fault(horizon, "must be at least a hundred times "+poll)
	}
}
