// Package domain holds the rules of appointment notifications, independent of their
// transport: the event, the channels, the outcomes, the failure classes and the
// delivery key. It depends on the standard library only.
package domain
