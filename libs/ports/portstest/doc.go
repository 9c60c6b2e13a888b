// Package portstest holds the conformance suites of the ports. An adapter and a
// fake that pass the same suite may stand in for each other.
package portstest
