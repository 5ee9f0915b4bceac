// Package process holds the tests that need the real program as a process of its own: killed, frozen, interrupted, cut
// off, or run beside another one, against a real Postgres and the sandbox. It has no code of its own.
package process
