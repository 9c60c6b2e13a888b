// Package engine drives deliveries from Kafka: it reads the lanes that its group
// assigns, keeps one queue per appointment, and commits what is finished.
//
// The way of one record: Consumer.poll → registrar.register → lane.enqueue (its
// appointment's queue) → dispatcher, once it is the queue's head and a slot is free
// → delivery.Deliverer.Deliver → lane.finish → tracker (watermark) → committer.
//
// The engine knows neither how a ledger is stored nor how records are written:
// it declares LedgerOpener and OwnedLedger and is given both.
package engine
