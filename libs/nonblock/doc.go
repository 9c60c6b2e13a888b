// Package nonblock reads and writes small amounts on TCP connections without telling
// Go's scheduler.
//
// The scheduler treats a system call as something that may block. It lets the thread
// keep its processor on trial, and wakes a monitor thread that looks every 20 µs
// whether the call has lasted too long (runtime.sysmon, runtime.reentersyscall). A
// socket of package net never blocks: where there is nothing to read or no room to
// write, the call fails with EAGAIN and the poller takes over. So the monitor is woken
// for calls that end by themselves after microseconds. In a worker that waits for its
// provider most of the time, that took 11 % of all processor time (docs/BENCHMARKS.md).
//
// Linux only. Elsewhere, and under the race detector, which has to see each read and
// write, the same calls are made the usual way.
package nonblock
