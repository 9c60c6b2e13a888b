// Package mailgun sends e-mail through Mailgun's HTTP API with mailgun-go v4.
//
// Mailgun takes no idempotency key. Each message therefore carries a
// Message-Id that is derived from its delivery key, and Mailgun's events or logs
// are asked for that id when an answer was lost.
package mailgun
