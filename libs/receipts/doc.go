// Package receipts finds out what became of messages after their provider had
// accepted them. It is told what was sent, asks the provider until it has a final
// word, and says what it heard. It knows neither Kafka nor HTTP, sends nothing,
// and never causes a send.
//
// A Section is one stretch of the log that messages are read from; a message waits
// until there is a receipt of it in the log. What is kept in memory can be read
// again from there at any time, so a crash loses nothing.
package receipts
