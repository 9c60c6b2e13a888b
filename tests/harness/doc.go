// Package harness runs the system as its users do: the real binaries as
// processes, a real Kafka, and the sandbox in place of the providers. Its judge
// is the sandbox's journal together with the dead-letter topic; both share no
// code with what they judge.
package harness
