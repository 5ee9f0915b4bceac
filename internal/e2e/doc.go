// Package e2e holds the tests that need several parts at once: a real Postgres, the sandbox, and the runner or the real
// program. It has no code of its own.
package e2e
