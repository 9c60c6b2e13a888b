// Package gsm knows the GSM 7-bit default alphabet (3GPP TS 23.038 section
// 6.2.1): which characters a text message carries at what cost, how many
// segments a text needs, and how to write a text in that alphabet.
package gsm
