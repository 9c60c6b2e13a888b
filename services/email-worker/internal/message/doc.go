// Package message writes the e-mail about one appointment: subject, text, HTML and a
// calendar file. All four are made from the same facts and in one language. With the
// same texts (libs/messages), a notification always makes the same bytes.
package message
