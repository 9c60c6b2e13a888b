// Package message writes the e-mail that says what became of one appointment:
// subject, text, HTML and a calendar file. All four are made from the same facts
// and in one language, and the same notification always makes the same bytes
// with the same texts (libs/messages).
package message
