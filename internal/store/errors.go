package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const connectTimeout = 10 * time.Second

// UnreachableError says that a database cannot be used just now: it cannot be reached, or something passing is the matter.
type UnreachableError struct {
	Doing    string
	SQLState string // "" = Postgres said nothing
	Problem  string
	Hint     string
	Cause    jobs.CauseCode // "" = the database is away
}

// Is makes it a jobs.ErrUnreachable.
func (e *UnreachableError) Is(target error) bool { return target == jobs.ErrUnreachable }

// FailureCause tells what passes where it is not that the database is away.
func (e *UnreachableError) FailureCause() *jobs.Cause {
	return jobs.Because(cmp.Or(e.Cause, passing[e.SQLState], jobs.CauseDatabase))
}

// passing are the SQLSTATEs of what passes that tell more.
var passing = map[string]jobs.CauseCode{"57014": jobs.CauseCancelled, "25006": jobs.CauseReadOnly}

func (e *UnreachableError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *UnreachableError) Told() (problem, hint string) {
	return fmt.Sprintf("%s: %s", e.Doing, e.Problem), e.Hint
}

// DatabaseError is an error of Postgres without its message, detail and context: these quote rows.
type DatabaseError struct {
	Doing    string
	SQLState string
	Object   string // schema.table.column, constraint; "" = not told
}

func (e *DatabaseError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *DatabaseError) Told() (problem, hint string) {
	text := fmt.Sprintf("%s: the database refuses with SQLSTATE %s", e.Doing, e.SQLState)
	if e.Object != "" {
		text += " (" + e.Object + ")"
	}
	return text, hintFor(e.SQLState)
}

// URLError says that a connection string cannot be read. It does not quote it: it may hold a password.
type URLError struct{}

func (e *URLError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *URLError) Told() (problem, hint string) {
	return "a Postgres URL of the configuration cannot be read", "it looks like postgres://user@host/database or postgres:///database"
}

// KeyError says that the ledger was made with another key.
type KeyError struct{ Registered, Given string }

func (e *KeyError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *KeyError) Told() (problem, hint string) {
	return fmt.Sprintf("database.ledger_key has changed: the ledger was made with key %s, this one is %s", e.Registered, e.Given),
		"put the former key back, without which syncd cannot tell what was sent; to change it see 'syncd rekey --help'; " +
			"a service that was running while it was changed is restarted"
}

// RekeyingError says that the ledger key is being changed: nothing is executed or decided meanwhile.
type RekeyingError struct{ To string }

func (e *RekeyingError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *RekeyingError) Told() (problem, hint string) {
	return fmt.Sprintf("the ledger key is being changed to %s", e.To),
		"wait until 'syncd rekey' has ended; if it broke off, run it again, with the same two keys"
}

// MigrationError says that the schema and the program do not fit.
type MigrationError struct{ Have, Want int64 }

func (e *MigrationError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *MigrationError) Told() (problem, hint string) {
	switch {
	case e.Have == 0:
		return "the ledger is not set up", "run 'syncd migrate'"
	case e.Have < e.Want:
		return fmt.Sprintf("the ledger is at migration %d, this program needs %d", e.Have, e.Want), "run 'syncd migrate'"
	}
	return fmt.Sprintf("the ledger is at migration %d, newer than this program knows (%d)", e.Have, e.Want),
		"install the newer syncd; an old one must not write to this ledger"
}

// redactUnlessOurs is redact for errors that may come from the domain.
func redactUnlessOurs(doing string, err error) error {
	if isOurs(err) {
		return err
	}
	return redact(doing, err)
}

// isOurs tells errors that say what is the matter with what was asked for, not with the database.
func isOurs(err error) bool {
	for _, sentinel := range []error{jobs.ErrTaken, jobs.ErrLost, jobs.ErrOtherSiret, jobs.ErrNoRun,
		jobs.ErrNoContract, jobs.ErrContractMoved} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return is[*jobs.BusyError](err) || is[*jobs.OrderError](err) || is[*jobs.FinishedError](err) || is[*jobs.OvertakenError](err) ||
		is[*NotHeldError](err) || is[*DisplayedError](err) || is[*jobs.ClockError](err) || is[*jobs.ClosedError](err) ||
		is[*jobs.ExpiredError](err) || is[*jobs.UnsettledError](err) || is[*PeriodError](err) || is[*ledger.MissingError](err) ||
		is[*jobs.ContractError](err) || is[*jobs.FormError](err) || is[*AlteredError](err) || is[*RekeyingError](err) ||
		is[*KeyError](err) || is[*ForgetError](err)
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// redact turns an error of pgx into one that can be shown: it keeps what happened and where, and drops what could
// quote rows, credentials or the connection string. It is for the ledger.
func redact(doing string, err error) error {
	var pg *pgconn.PgError
	var restored *RestoredError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &restored):
		return restored
	case errors.As(err, &pg) && pg.Code == closedState:
		return &jobs.ClosedError{Period: jobs.Period(pg.ColumnName)}
	}
	return redacted(doing, jobs.TheLedger, err)
}

// redactStaging is redact for sessions of staging, but for what explain says of its queries.
func redactStaging(doing string, err error) error {
	if err == nil {
		return nil
	}
	return redacted(doing, jobs.TheStaging, err)
}

func redacted(doing string, database jobs.Database, err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &pg) && verdictOf(pg.Code) == away:
		problem, hint := troubleOf(pg.Code)
		return &UnreachableError{Doing: doing, SQLState: pg.Code, Problem: problem, Hint: hint}
	case errors.As(err, &pg) && (errors.As(err, &connect) || verdictOf(pg.Code) == denied):
		return &jobs.RefusedError{Database: database, Doing: doing, SQLState: pg.Code, Object: objectOf(pg)}
	case errors.As(err, &pg):
		return &DatabaseError{Doing: doing, SQLState: pg.Code, Object: objectOf(pg)}
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &connect):
		return &UnreachableError{Doing: doing, Problem: "Postgres did not answer in time",
			Hint: "see whether it is overloaded, or something holds a lock, then try again"}
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err), isBroken(err):
		return &UnreachableError{Doing: doing, Problem: "Postgres cannot be reached",
			Hint: "check that Postgres runs and that the URL under [database] names the right host, port and database"}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// closedState is what the triggers on runs raise, with the period as the column.
const closedState = "SY001"

// isBroken tells a connection that ended without a word.
func isBroken(err error) bool {
	return errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func objectOf(pg *pgconn.PgError) string {
	var parts []string
	for _, part := range []string{pg.SchemaName, pg.TableName, pg.ColumnName} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	name := strings.Join(parts, ".")
	if pg.ConstraintName != "" {
		name = strings.TrimPrefix(name+", constraint "+pg.ConstraintName, ", ")
	}
	return name
}

func hintFor(code string) string {
	switch code {
	case "42P01", "3F000":
		return "a table is missing: run 'syncd migrate'"
	}
	return "run 'syncd check'; the server's log has the details"
}

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// isLockTimeout tells of a lock that was waited for in vain, where the wait is limited.
func isLockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == lockNotAvailable
}

// lockNotAvailable is what lock_timeout ends with.
const lockNotAvailable = "55P03"
