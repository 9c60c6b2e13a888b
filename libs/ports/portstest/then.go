package portstest

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Settling returns l with a Settle that calls SettleThen and waits, so that the suite
// tests SettleThen by the same contract.
func Settling(l ports.LedgerThen) ports.Ledger { return settling{l} }

type settling struct{ ports.LedgerThen }

// Settle implements ports.Ledger.
func (s settling) Settle(c ports.Claim, as ports.Settlement) error {
	ended := make(chan error, 1) // telling twice blocks
	s.SettleThen(c, as, func(err error) { ended <- err })
	return <-ended
}

// Telling returns o with a Tell that calls TellThen and waits, so that the suite tests
// TellThen by the same contract.
func Telling(o ports.OutcomesThen) ports.Outcomes { return telling{o} }

type telling struct{ ports.OutcomesThen }

// Tell implements ports.Outcomes.
func (s telling) Tell(ctx context.Context, c ports.Conclusion) error {
	ended := make(chan error, 1)
	s.TellThen(ctx, c, func(err error) { ended <- err })
	return <-ended
}
