// Package receipts finds out what became of messages after their provider had accepted
// them. It learns which messages were sent, asks the provider about each until it gets
// a final receipt, and writes the receipts. It knows neither Kafka nor HTTP, sends
// nothing, and never causes a send.
//
// A Section is one stretch of the log that messages are read from; a message waits
// until there is a receipt of it in the log. Its memory can be read again from the log
// at any time, so a crash loses nothing.
package receipts
