package ledger_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestMemoryKeepsTheContractOfALedger(t *testing.T) {
	portstest.TestLedger(t, func(*testing.T) portstest.LedgerHarness {
		return portstest.LedgerHarness{Ledger: ledger.NewMemory()}
	})
}
