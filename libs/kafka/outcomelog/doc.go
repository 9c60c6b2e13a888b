// Package outcomelog follows the outcomes topic in a consumer group of its own: each
// message that was sent on a channel waits for its receipt, and receipts are written
// back on the same partition. The group's commit is the oldest message that waits. Its
// metadata is the time up to which the provider's receipts were read. So a crash loses
// nothing.
package outcomelog
