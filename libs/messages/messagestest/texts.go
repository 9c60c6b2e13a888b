// Package messagestest gives tests texts.
package messagestest

import "github.com/kafka-notifications/kafka-notifications/libs/messages"

// Texts returns the built-in texts. It panics if the build is broken.
func Texts() *messages.Set {
	texts, err := messages.BuiltIn(messages.DefaultOptions())
	if err != nil {
		panic(err)
	}
	return texts
}
