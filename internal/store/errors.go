package store

import (
	"cmp"
	"context"
	"errors"
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
	Doing    hinted.Doing
	SQLState string         // "" = Postgres said nothing
	Code     string         // of its words
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

func (e *UnreachableError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *UnreachableError) Fact() hinted.Fact {
	return hinted.Say(e.Code, "state", e.SQLState).While(e.Doing)
}

// DatabaseError is an error of Postgres without its message, detail and context: these quote rows.
type DatabaseError struct {
	Doing    hinted.Doing
	SQLState string
	Object   string // schema.table.column, constraint; "" = not told
}

func (e *DatabaseError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *DatabaseError) Fact() hinted.Fact {
	code := "database.database"
	if e.SQLState == "42P01" || e.SQLState == "3F000" {
		code = "database.database-table"
	}
	object := ""
	if e.Object != "" {
		object = " (" + e.Object + ")"
	}
	return hinted.Say(code, "state", e.SQLState, "object", object).While(e.Doing)
}

// URLError says that a connection string cannot be read. It does not quote it: it may hold a password.
type URLError struct{}

func (e *URLError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *URLError) Fact() hinted.Fact { return hinted.Say("database.database-url") }

// KeyError says that the ledger was made with another key.
type KeyError struct{ Registered, Given string }

func (e *KeyError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *KeyError) Fact() hinted.Fact {
	return hinted.Say("database.ledger-key", "registered", e.Registered, "given", e.Given)
}

// UnstartedError says that a ledger was made and never used: only the service, and who has its rights, begins to.
type UnstartedError struct{}

func (e *UnstartedError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *UnstartedError) Fact() hinted.Fact { return hinted.Say("database.unstarted") }

// RekeyingError says that the ledger key is being changed: nothing is executed or decided meanwhile.
type RekeyingError struct{ To string }

func (e *RekeyingError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *RekeyingError) Fact() hinted.Fact { return hinted.Say("database.rekeying", "key", e.To) }

// MigrationError says that the schema and the program do not fit.
type MigrationError struct{ Have, Want int64 }

func (e *MigrationError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *MigrationError) Fact() hinted.Fact {
	code := "database.migrations-ahead"
	switch {
	case e.Have == 0:
		code = "database.migrations-none"
	case e.Have < e.Want:
		code = "database.migrations-behind"
	}
	return hinted.Say(code, "have", e.Have, "want", e.Want)
}

// redactUnlessOurs is redact for errors that may come from the domain.
func redactUnlessOurs(doing hinted.Doing, err error) error {
	if isOurs(err) {
		return err
	}
	return redact(doing, err)
}

// isOurs tells errors that say what is the matter with what was asked for, not with the database.
func isOurs(err error) bool {
	for _, sentinel := range []error{jobs.ErrTaken, jobs.ErrLost, jobs.ErrOtherSiret, jobs.ErrNoRun,
		jobs.ErrNoContract, jobs.ErrContractMoved, jobs.ErrNoInbox, jobs.ErrGrantHeld} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return is[*jobs.BusyError](err) || is[*jobs.OrderError](err) || is[*jobs.FinishedError](err) || is[*jobs.OvertakenError](err) ||
		is[*NotHeldError](err) || is[*DisplayedError](err) || is[*jobs.ClockError](err) || is[*jobs.ClosedError](err) ||
		is[*jobs.ExpiredError](err) || is[*jobs.UnsettledError](err) || is[*PeriodError](err) || is[*ledger.MissingError](err) ||
		is[*jobs.ContractError](err) || is[*jobs.FormError](err) || is[*AlteredError](err) || is[*RekeyingError](err) ||
		is[*KeyError](err) || is[*UnstartedError](err) || is[*ForgetError](err) || is[*SecondPersonError](err) ||
		is[*OtherInboxError](err)
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// redact turns an error of pgx into one that can be shown: it keeps what happened and where, and drops what could
// quote rows, credentials or the connection string. It is for the ledger.
func redact(doing hinted.Doing, err error) error {
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
func redactStaging(doing hinted.Doing, err error) error {
	if err == nil {
		return nil
	}
	return redacted(doing, jobs.TheStaging, err)
}

func redacted(doing hinted.Doing, database jobs.Database, err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &pg) && verdictOf(pg.Code) == away:
		return &UnreachableError{Doing: doing, SQLState: pg.Code, Code: troubleOf(pg.Code)}
	case errors.As(err, &pg) && (errors.As(err, &connect) || verdictOf(pg.Code) == denied):
		return &jobs.RefusedError{Database: database, Doing: doing, SQLState: pg.Code, Object: objectOf(pg)}
	case errors.As(err, &pg):
		return &DatabaseError{Doing: doing, SQLState: pg.Code, Object: objectOf(pg)}
	case errors.Is(err, context.Canceled):
		return hinted.While(doing, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &connect):
		return &UnreachableError{Doing: doing, Code: "database.away-late"}
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err), isBroken(err):
		return &UnreachableError{Doing: doing, Code: "database.away"}
	}
	return hinted.While(doing, err)
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

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// isLockTimeout tells of a lock that was waited for in vain, where the wait is limited.
func isLockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == lockNotAvailable
}

// lockNotAvailable is what lock_timeout ends with.
const lockNotAvailable = "55P03"
