package app

import (
	"testing"
	"time"
)

// TestSamplePeriod: on the first of a month, in France, it is that month, though the machine's clock still says the last one.
func TestSamplePeriod(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-11-30T22:59:59Z": "2026-11", "2026-11-30T23:00:00Z": "2026-12",
		"2026-06-30T22:00:00Z": "2026-07", "2026-07-01T05:00:00+10:00": "2026-06",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if got := SamplePeriod(at); err != nil || got != want {
			t.Errorf("%s: %s, %v", now, got, err)
		}
	}
}

func TestDatabaseOfARehearsal(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"postgres:///essai": "essai", "postgres://x@h:1/essai?sslmode=disable": "essai",
		"postgres:///essai?host=/run/postgresql&port=5433": "essai"} {
		if got := (Rehearsal{Database: address}).DatabaseName(); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
