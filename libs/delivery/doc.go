// Package delivery is the application: it takes one event on one channel to
// its durable outcome. It knows neither Kafka nor HTTP.
//
// The way of one event: Deliverer.Deliver → rules → ledger → sender → ledger →
// dead letter. Gate halts sending when the provider does not work, Slots bounds
// what runs at once, Rate keeps the provider's limit.
package delivery
