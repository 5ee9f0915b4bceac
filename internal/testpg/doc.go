// Package testpg gives each test a PostgreSQL database of its own, on a throwaway server that needs no set-up.
//
//	db := testpg.New(t, testpg.Template{Name: "ledger", Sources: migrations.All, Prepare: migrate})
//	pool, err := pgxpool.New(ctx, db.URL)
//
// The server is the one that SYNCD_TEST_DATABASE_URL names (an account that may create databases, and roles for Login),
// else one that is started at the first use from Debian's package: random port on 127.0.0.1, random password, data in
// a temporary directory (in memory where possible), as an ordinary user even when the caller is root. It ends when the
// process ends, whatever ends the process: a small shell script holds the other end of a pipe, stops the server when
// the pipe closes, and removes the directory. No goroutine and no TestMain are needed.
//
// Where no server can be found, tests fail; they never skip.
package testpg
