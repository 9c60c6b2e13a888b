package domain

// ReceiptKind is what became of a message after the provider had accepted it.
type ReceiptKind string

// The closed set of kinds, all of which end the wait for a receipt. A receipt
// never causes a send.
const (
	// ReceiptDelivered: the recipient's side took the message. It is not final: a
	// bounce or a complaint may follow.
	ReceiptDelivered ReceiptKind = "delivered"
	// ReceiptUndelivered: the message did not arrive and never will.
	ReceiptUndelivered ReceiptKind = "undelivered"
	// ReceiptComplained: the recipient called the message unwanted.
	ReceiptComplained ReceiptKind = "complained"
	// ReceiptUnconfirmed: the provider reported nothing final within the horizon. We
	// conclude it ourselves; providers do not report it.
	ReceiptUnconfirmed ReceiptKind = "unconfirmed"
)

// ReceiptKinds lists all kinds, in the order of their rank.
func ReceiptKinds() []ReceiptKind {
	return []ReceiptKind{ReceiptUnconfirmed, ReceiptDelivered, ReceiptUndelivered, ReceiptComplained}
}

// Rank orders the kinds: a message's receipts only rise in rank. It is 0 for an unknown
// kind.
func (k ReceiptKind) Rank() int {
	for i, known := range ReceiptKinds() {
		if k == known {
			return i + 1
		}
	}
	return 0
}
