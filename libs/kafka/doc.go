// Package kafka drives deliveries from Kafka and keeps their memory there: the
// consumer with its lanes, the delivery ledger, dead letters and resolutions.
//
// The way of one record: Consumer (poll, register) → lane (one queue per
// appointment) → delivery.Deliverer → Ledger and DeadLetters → tracker
// (watermark) → commit.
package kafka
