package store

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/jobs"
)

// Whatever a program does wrong, the database itself refuses a false success, an accounting that does not add up, and
// two documents under way for one employee.
func TestDatabaseRefusesFalseStatements(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.start(s)
	f.plan(s, older, toSend(s, "1", 0))
	f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
	partial := request()
	partial.Employees = []string{"2"}
	run, err := s.Start(t.Context(), partial)
	f.must(err)
	f.plan(s, run, toSend(s, "2", 0))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
	const ofRun = ` WHERE state = 'succeeded'`
	for name, c := range map[string]struct{ sql, constraint string }{
		"one employee more was read":       {`UPDATE syncd.run SET employees_read = employees_read + 1` + ofRun, "run_employees_add_up"},
		"one element more was read":        {`UPDATE syncd.run SET elements_read = elements_read + 1` + ofRun, "run_elements_add_up"},
		"a success with someone rejected":  {`UPDATE syncd.run SET accepted = 0, rejected = 1` + ofRun, "run_success_is_whole"},
		"a success with someone uncertain": {`UPDATE syncd.run SET accepted = 0, uncertain = 1` + ofRun, "run_success_is_whole"},
		"a success with someone departed":  {`UPDATE syncd.run SET departed = 1` + ofRun, "run_success_is_whole"},
		"a success with lost elements": {`UPDATE syncd.run SET elements_in_documents = 0, elements_blocked = elements_read` + ofRun,
			"run_success_is_whole"},
		"a failed run called a success": {`UPDATE syncd.run SET state = 'succeeded' WHERE state = 'failed'`, "run_success_is_whole"},
		"an end without a date":         {`UPDATE syncd.run SET finished_at = NULL` + ofRun, "run_ended_is_dated"},
		"running without an owner":      {`UPDATE syncd.run SET state = 'running', finished_at = NULL` + ofRun, "run_running_has_owner"},
		"two running runs":              {`UPDATE syncd.run SET state = 'running', finished_at = NULL, owner = 1`, "run_one_at_a_time"},
		"a state that does not exist":   {`UPDATE syncd.run SET state = 'done'` + ofRun, "run_state_check"},
		"a period that is no month":     {`UPDATE syncd.run SET period = '2026-13'` + ofRun, "run_period_check"},
		"employees of no period":        {`UPDATE syncd.run SET period = NULL` + ofRun, "run_employees_are_of_a_period"},
		"a run that does nothing":       {`UPDATE syncd.run SET kind = ''` + ofRun, "run_kind_check"},
		"two open items of one employee": {`UPDATE syncd.item SET key = '1', state = 'uncertain', payload = 'x' WHERE key = '2'`,
			"item_one_open"},
		"a payload that is kept":          {`UPDATE syncd.item SET payload = 'x' WHERE key = '2'`, "item_payload_while_open"},
		"an item to send without payload": {`UPDATE syncd.item SET payload = NULL, amounts = NULL WHERE key = '1'`, "item_payload_while_open"},
		"known without a document":        {`UPDATE syncd.baseline SET document = NULL`, "baseline_acknowledged_is_whole"},
		"neither known nor in doubt": {`UPDATE syncd.baseline SET version = 0, document = NULL, amounts = NULL, fingerprint = NULL`,
			"baseline_is_known_or_in_doubt"},
		"doubt without a date": {`UPDATE syncd.baseline SET in_doubt = true`, "baseline_doubt_is_dated"},
	} {
		_, err := f.conn.Exec(context.Background(), c.sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.ConstraintName != c.constraint {
			t.Errorf("%s: %v, want %s to refuse it", name, err, c.constraint)
		}
	}
}

// The database and the program have one opinion of what a run may become: each pair of states is asked about.
func TestDatabaseKnowsTheStatesOfARun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	run := f.start(f.open())
	f.exec(`DROP INDEX syncd.run_one_at_a_time`)
	const to = `UPDATE syncd.run SET state = $2::text, owner = CASE WHEN $2 = 'running' THEN 1 END,
		finished_at = CASE WHEN $2 NOT IN ('queued', 'running') THEN now() END WHERE id = $1`
	for _, from := range jobs.States {
		for _, next := range jobs.States {
			if from == next {
				continue // nothing changes
			}
			var id int64
			f.must(f.conn.QueryRow(t.Context(), `INSERT INTO syncd.run (target_id, job, kind, trigger, state, key_id, config_digest, owner, finished_at)
				SELECT target_id, job, 'any', 'manual', $2::text, key_id, '', CASE WHEN $2 = 'running' THEN 1 END,
				CASE WHEN $2 NOT IN ('queued', 'running') THEN now() END FROM syncd.run WHERE id = $1 RETURNING id`, run.ID, string(from)).Scan(&id))
			_, err := f.conn.Exec(t.Context(), to, id, string(next))
			var pg *pgconn.PgError
			refused := errors.As(err, &pg) && pg.ConstraintName == "run_changes_state"
			if err != nil && !refused || refused == from.CanBecome(next) {
				t.Errorf("%s to %s: %v, while the program says %t", from, next, err, from.CanBecome(next))
			}
		}
	}
}
