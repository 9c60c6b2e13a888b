// Package outcomelog follows the outcomes topic in a consumer group of its own: what
// was sent on a channel waits for its receipt, and receipts are written back on the
// same partition. The group's commit is the oldest message that waits, with the time
// up to which the provider's word was read beside it; so a crash loses nothing.
package outcomelog
