package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/testpg"
)

// patience bounds every wait: far more than anything here takes on a busy machine.
const patience = 60 * time.Second

// commands are what scripts can say beyond testscript's own words.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"code":    scriptCode,
	"french":  scriptFrench,
	"fits":    scriptFits,
	"walked":  scriptWalked,
	"json":    scriptJSON,
	"sql":     scriptSQL,
	"refused": scriptRefused,
	"answers": scriptAnswers,
	"block":   scriptBlock,
	"shows":   scriptShows,
	"writer":  scriptWriter,
	"imports": scriptImports,
	"until":   scriptUntil,
	"edit":    scriptEdit,
	"faults":  scriptFaults,
	"silence": scriptSilence,
	"gate":    scriptGate,
	"free":    scriptFree,
	"listens": scriptListens,
}

// scriptCode is: code N PROGRAM [ARG …]. The program must exit with N, and never shows a stack trace.
func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM [ARG …]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s", code, args[0], said)
	}
	if strings.Contains(said, "goroutine ") || strings.Contains(said, "panic") {
		ts.Fatalf("a stack trace:\n%s", said)
	}
}

// scriptJSON is: json PATH [VALUE]. The last output is JSON that has the path (and that value there). A path is made of
// members and indexes with dots between; len is the number of elements.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: json PATH [VALUE]")
	}
	var at any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &at))
	found := true
	for part := range strings.SplitSeq(args[0], ".") {
		if at, found = member(at, part); !found {
			break
		}
	}
	if found && len(args) == 2 {
		found = fmt.Sprint(at) == args[1]
	}
	if found == neg {
		ts.Fatalf("json %v: found %v\n%s", args, at, ts.ReadFile("stdout"))
	}
}

func member(of any, name string) (any, bool) {
	switch of := of.(type) {
	case map[string]any:
		value, ok := of[name]
		return value, ok
	case []any:
		if name == "len" {
			return len(of), true
		}
		if i, err := strconv.Atoi(name); err == nil && i < len(of) {
			return of[i], true
		}
	}
	return nil, false
}

// scriptSQL is: sql STATEMENT, or sql @FILE.
func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql STATEMENT, or: sql @FILE")
	}
	statement := args[0]
	if file, is := strings.CutPrefix(statement, "@"); is {
		statement = ts.ReadFile(file)
	}
	ts.Check(withDatabase(ts, func(conn *pgx.Conn) error {
		_, err := conn.Exec(context.Background(), statement)
		return err
	}))
}

// documented are the queries that a document shows.
var documented = regexp.MustCompile("(?s)```sql\n(.*?)```")

// scriptAnswers is: answers N DOCUMENT. Each of its N queries finds something.
func scriptAnswers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: answers N DOCUMENT")
	}
	text, err := os.ReadFile(args[1])
	ts.Check(err)
	queries := documented.FindAllStringSubmatch(string(text), -1)
	if strconv.Itoa(len(queries)) != args[0] {
		ts.Fatalf("%s has %d queries", args[1], len(queries))
	}
	ts.Check(withDatabase(ts, func(conn *pgx.Conn) error {
		for _, query := range queries {
			tag, err := conn.Exec(context.Background(), query[1])
			if err == nil && tag.RowsAffected() == 0 {
				err = errors.New("it finds nothing")
			}
			if err != nil {
				return fmt.Errorf("%w: %s", err, query[1])
			}
		}
		return nil
	}))
}

// importing are the connections of open imports, by database.
var importing sync.Map

// scriptImports is: imports STATEMENT. A transaction beside the script executes it, and stays open; without a statement it
// commits.
func scriptImports(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: imports [STATEMENT]")
	}
	db := ts.Value(databaseOf{}).(*testpg.DB) //nolint:forcetypeassert // setUp puts it there
	if len(args) == 1 {
		conn, err := pgx.Connect(context.Background(), db.URL)
		ts.Check(err)
		ts.Defer(func() { _ = conn.Close(context.Background()) }) // nothing is left to do with it
		_, err = conn.Exec(context.Background(), "BEGIN; "+args[0])
		ts.Check(err)
		importing.Store(db, conn)
		return
	}
	conn, found := importing.LoadAndDelete(db)
	if !found {
		ts.Fatalf("no import is on its way")
	}
	_, err := conn.(*pgx.Conn).Exec(context.Background(), "COMMIT") //nolint:forcetypeassert // put there above
	ts.Check(err)
}

// scriptRefused is: refused STATEMENT. The database must not execute it.
func scriptRefused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: refused STATEMENT")
	}
	ts.Check(withDatabase(ts, func(conn *pgx.Conn) error {
		_, err := conn.Exec(context.Background(), args[0])
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) {
			return fmt.Errorf("the database executes %s: %w", args[0], err)
		}
		return nil
	}))
}

// scriptUntil is: until CONDITION. It waits until SQL says that the condition holds.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: until CONDITION")
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var holds bool
		ts.Check(withDatabase(ts, func(conn *pgx.Conn) error {
			return conn.QueryRow(context.Background(), "SELECT "+args[0]).Scan(&holds)
		}))
		if holds {
			return
		}
	}
	ts.Fatalf("waited in vain until %s", args[0])
}

func withDatabase(ts *testscript.TestScript, work func(*pgx.Conn) error) error {
	return ts.Value(databaseOf{}).(*testpg.DB).With(context.Background(), work)
}

// scriptEdit is: edit FILE FROM TO. The first FROM in the file becomes TO.
func scriptEdit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE FROM TO")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// scriptFaults is: faults [FAULT …]. These are on in the sandbox, all others off.
func scriptFaults(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: faults [FAULT …]")
	}
	faults, err := standin.API.ParseFaults(args...)
	ts.Check(err)
	ts.Check(ts.Value(sandboxOf{}).(*standin.Sandbox).SetFaults(faults))
}

// scriptSilence is: silence. The last command wrote nothing to standard error, so no progress bar either.
func scriptSilence(ts *testscript.TestScript, neg bool, _ []string) {
	if said := ts.ReadFile("stderr"); neg || said != "" {
		ts.Fatalf("standard error holds %q", said)
	}
}

// scriptFree is: free NAME. The environment gets the name of a loopback address that nobody listens on.
func scriptFree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: free NAME")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	ts.Check(err)
	ts.Setenv(args[0], listener.Addr().String())
	ts.Check(listener.Close())
}

// scriptListens is: listens ADDRESS. It waits until somebody does.
func scriptListens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listens ADDRESS")
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", args[0]); err == nil { //nolint:noctx // loopback, at once
			ts.Check(conn.Close())
			return
		}
	}
	ts.Fatalf("nobody listens on %s", args[0])
}
