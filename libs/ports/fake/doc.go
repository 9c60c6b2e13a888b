// Package fake holds in-memory implementations of the ports. They pass the same
// conformance suites as the real adapters and use only the clock of package time, so
// they work in a testing/synctest bubble.
package fake
