// Package twilio sends text messages through Twilio's Messages API with
// twilio-go.
//
// Twilio takes neither an idempotency key nor an id of ours. Each text therefore shows
// a reference that is derived from its delivery key, and the account's list of messages
// is searched for it when an answer was lost.
package twilio
