// Package ports declares the application's interfaces to the outside: small ones, each
// with its contract. Adapters implement them; package portstest holds the conformance
// suites that every adapter and every fake passes.
package ports
