package config

import "github.com/kafka-notifications/kafka-notifications/libs/domain"

// Recipients holds the settings that restrict the recipients.
type Recipients struct {
	// Allowed is read by Allowlist.
	Allowed string `env:"RECIPIENT_ALLOWLIST" is:"text 4000" want:"e-mail addresses, domains such as @clinic.example and phone numbers in E.164 form, separated by commas" about:"For staging: messages go to these recipients only; events for others are skipped as not_on_allowlist. An address, a number, or @clinic.example for all addresses of that domain; separated by commas."`
}

// Allowlist returns the recipients that may get messages.
func (c *Recipients) Allowlist() domain.Allowlist {
	list, _ := domain.ParseAllowlist(c.Allowed) // Check has reported the faults
	return list
}

// Check reads the allowlist, and warns at each start if one is set: in production it
// would keep messages from patients.
func (c *Recipients) Check(r *Report) {
	const name = "RECIPIENT_ALLOWLIST"
	if r.Faulty(name) {
		return
	}
	list, err := domain.ParseAllowlist(c.Allowed)
	switch {
	case err != nil:
		r.Fault(name, err.Error())
	case list.Len() > 0:
		r.Warn(name + " is set: events for other recipients are skipped (not_on_allowlist). It is for staging; remove it in production")
	}
}
