package store

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/jobs"
)

// A value that ends a query is told in words, with the query whose row is to be found, and never quoted.
func TestAValueThatEndsAQueryIsTold(t *testing.T) {
	t.Parallel()
	euro := &stream{query: stagingQuery{name: "ready"}, sql: "SELECT '€'"}
	const unencoded = "it holds a character that the database's encoding does not have"
	if problem := textOf(Finding{What: euro.mistakeOf("22P05")}); problem != unencoded {
		t.Errorf("a character of the query: %q", problem)
	}
	s := &stream{query: stagingQuery{name: "job.children[0].rows"}}
	for code, want := range map[string]string{
		"22003": "a value does not fit (a number out of range)",
		"22007": "a value does not fit (a date or time that cannot be read)",
		"22008": "a value does not fit (a date or time out of range)",
		"22021": "a value does not fit (an invalid character)",
		"22P02": "a value does not fit (a text that the type it is converted to cannot hold)",
		"22P05": "a value does not fit (an invalid character)",
		"22012": "a value does not fit (a division by zero)",
		"22023": "a value does not fit (SQLSTATE 22023)",
	} {
		err := s.explain(&pgconn.PgError{Code: code, Message: personal, Detail: personal, Where: personal})
		var known *jobs.StagingError
		if !errors.As(err, &known) || !strings.HasPrefix(err.Error(), "reading staging ("+known.Query+"): "+want+"\nhint: ") {
			t.Errorf("%s: %v", code, err)
		}
		wantNoLeak(t, err, "job.children[0].rows", "hint:", "psql")
	}
}
