package jobs

import (
	"testing"
	"time"

	"syncd/internal/hinted"
)

// Why a database does not let us in is told in words, never in Postgres's own.
func TestRefusedAccessInWords(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"28000": "Postgres does not accept this role from here: there is none, it may not log in (NOLOGIN), or pg_hba.conf has no line for it",
		"28P01": "Postgres refuses the password, or it is no longer valid (VALID UNTIL)",
		"3D000": "that database does not exist",
		"42501": "the role lacks a right",
		"55000": "this database takes no connections",
		"08P01": "a pooler in between does not let us in; syncd needs Postgres itself, or a session pool",
		"53400": "a limit of the server is exceeded",
		"28999": "Postgres refuses it",
	} {
		for _, database := range []Database{TheLedger, TheStaging} {
			e := &RefusedError{Database: database, Doing: "connecting", SQLState: state, Object: "syncd.run"}
			if got := e.Fact().In(hinted.English()); got != "connecting: "+want+" (SQLSTATE "+state+", syncd.run)" {
				t.Errorf("%s: got %q", state, got)
			}
		}
	}
}

func TestClockInWords(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{
		90 * time.Second:  "the clock of this machine is 1m30s ahead of Postgres's: nothing is started, and nothing deleted",
		-90 * time.Second: "the clock of this machine is 1m30s behind Postgres's: nothing is deleted",
	} {
		e := &ClockError{Ahead: ahead}
		if got := e.Fact().In(hinted.English()); got != want {
			t.Errorf("got %q", got)
		}
	}
}
