package sms

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// Exactly once does not depend on words: messages that were accepted are found again by a
// worker with other texts, and are not sent anew.
func TestExactlyOnceDoesNotKnowWords(t *testing.T) {
	t.Parallel()
	newSystem(t, harness.Config{Partitions: 2}).ChangeWords()
}
