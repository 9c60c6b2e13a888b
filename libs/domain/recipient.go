package domain

import "encoding/binary"

// RecipientTag distinguishes the recipients of one appointment on one channel without
// revealing them; 0 stands for an unknown recipient. It is as pseudonymous as a Key.
// The same recipient has unrelated tags in two appointments.
type RecipientTag uint32

// NewRecipientTag derives the tag of a recipient. All spellings of one mailbox have the
// same tag.
func NewRecipientTag(appointmentID string, ch Channel, recipient string) RecipientTag {
	sum := digest("recipient", appointmentID, string(ch), mailbox(recipient))
	return max(RecipientTag(binary.BigEndian.Uint32(sum[:])), 1)
}
