// Package ports declares what the application needs from the outside: small
// interfaces, each with its contract. Adapters implement them; package
// portstest holds the conformance suites that every adapter and every fake
// passes.
package ports
