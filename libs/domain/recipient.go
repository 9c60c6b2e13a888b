package domain

import "encoding/binary"

// RecipientTag tells the recipients of one appointment on one channel apart,
// without saying who they are; 0 stands for one that is not known. It is as
// pseudonymous as a Key. Tags of two appointments have nothing in common, not
// even for the same recipient.
type RecipientTag uint32

// NewRecipientTag derives the tag of a recipient. All spellings of one mailbox
// have the same.
func NewRecipientTag(appointmentID string, ch Channel, recipient string) RecipientTag {
	sum := digest("recipient", appointmentID, string(ch), mailbox(recipient))
	return max(RecipientTag(binary.BigEndian.Uint32(sum[:])), 1)
}
