// Package delivery is the application: it takes one event on one channel to
// its durable outcome. It knows neither Kafka nor HTTP.
//
// The way of one event: Tenure.Deliver → rules → ledger → sender → ledger → dead
// letter, if it has one → outcome → resolution, if it is a replay. Gate halts
// sending when the provider does not work, Slots bounds what runs at once, Rate
// keeps the provider's limit.
package delivery
