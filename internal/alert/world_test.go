package alert

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/alert/alerttest"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/store"
	"syncd/internal/testpg"
	"syncd/migrations"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testpg.Tests{M: m}) }

var template = testpg.Template{Name: "alert", Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
	_, _, err := store.Migrate(ctx, url)
	return err
}}

var paris, _ = time.LoadLocation("Europe/Paris")

// at is a time of the clock in Paris.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, paris)
	if err != nil {
		panic(err)
	}
	return t
}

type ctx = context.Context

// world is a ledger, a mail server, and time that goes by when a test says so.
type world struct {
	*testing.T
	db   *testpg.DB
	conn *pgx.Conn
	st   *store.Store
	mail *alerttest.MailServer
	smtp *SMTP
	plan *Plan
	out  *Outbox
	log  bytes.Buffer

	mu   sync.Mutex
	now  time.Time
	away bool
}

func newWorld(t *testing.T, start string, recipients ...Recipient) *world {
	t.Helper()
	db := testpg.New(t, template)
	w := &world{T: t, db: db, conn: db.Connect(t), mail: alerttest.NewMailServer(t, "127.0.0.1"), now: at(start)}
	w.st = w.open()
	w.smtp = &SMTP{Host: "127.0.0.1", Port: w.mail.Port, TLS: "starttls", From: "syncd <paie@example.test>", CAFile: w.mail.CAFile,
		Timeout: 5 * time.Second}
	w.plan = &Plan{Setup: Setup{Zone: paris, Recipients: recipients, RetryWithin: 24 * time.Hour}, Senders: map[string]Sender{},
		Speak: func(language string) *Speaker {
			return &Speaker{Catalogue: locale.Of(locale.Language(language), "isidoor"), Zone: paris,
				Partners: map[string]string{"isidoor": "Isidoor"}}
		}}
	for _, r := range recipients {
		w.plan.Senders[r.Name] = w.smtp.To(r.Name + "@example.test")
	}
	w.job("paie", 7*24*time.Hour)
	w.out = w.outbox()
	w.turn() // what there is before that alarms nobody
	return w
}

func (w *world) open() *store.Store {
	w.Helper()
	sum := sha256.Sum256([]byte("ledger key"))
	keys, err := store.NewKeys(sum[:])
	w.must(err)
	st, err := store.Open(w.Context(), store.Options{URL: w.db.URL, Keys: keys, Version: "test", Lease: time.Minute})
	w.must(err)
	w.Cleanup(st.Close)
	return st
}

// outbox is one more process that tells.
func (w *world) outbox() *Outbox {
	return &Outbox{Plan: func(context.Context) (*Plan, error) { return w.plan, nil }, Ledger: func() Ledger {
		if w.away {
			return nil
		}
		return clocked{w.st}
	}, Now: w.clock, Clock: func() bool { return true }, Log: zerolog.New(&w.log)}
}

// clocked is a ledger whose clock is the test's.
type clocked struct{ *store.Store }

func (c clocked) AlertTurn(ctx context.Context, now time.Time, apart time.Duration, of ledger.AlertsOf,
	decide func(*ledger.AlertState) (ledger.AlertChanges, error)) (bool, error) {
	return c.Store.AlertTurn(ctx, now, apart, of, func(state *ledger.AlertState) (ledger.AlertChanges, error) {
		state.Now = now
		return decide(state)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.Helper()
	_, err := w.conn.Exec(w.Context(), sql, args...)
	w.must(err)
}

func (w *world) job(name string, expires time.Duration) {
	w.plan.Jobs = append(w.plan.Jobs, Job{Name: name, HoldExpires: expires, Sends: true})
}

// dossier is one more of the jobs.
func (w *world) dossier(name string) int64 {
	w.Helper()
	var id int64
	w.must(w.conn.QueryRow(w.Context(), `INSERT INTO syncd.target (partner, environment, base_url, dossier)
		VALUES ('isidoor', 'production', 'http://127.0.0.1', $1) RETURNING id`, name).Scan(&id))
	for i := range w.plan.Jobs {
		w.plan.Jobs[i].Targets = append(w.plan.Jobs[i].Targets, jobs.Target{ID: id, Dossier: name, Environment: "production"})
	}
	return id
}

// run is one of November that has ended now, of an employee for each count.
func (w *world) run(target int64, state, reason string, items ...string) int64 {
	w.Helper()
	var id int64
	n := map[string]int{}
	for _, item := range items {
		n[item]++
	}
	w.must(w.conn.QueryRow(w.Context(), `INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, failure_code,
			failure_detail, created_at, started_at, planned_at, finished_at, employees_read, accepted, rejected, blocked, held, unattended)
		SELECT $1, 'paie', 'push-salaries', to_char($4::timestamptz,
			'YYYY-MM'), 'schedule', $2, key_id, 'x', $3, 'Dupont 180017500123456', $4, $4, $4, $4, $5, $6, $7, $8, $9, true
		FROM syncd.ledger_key RETURNING id`, target, state, reason, w.clock(), len(items), n["accepted"], n["rejected"], n["blocked"], n["held"]).Scan(&id))
	for i, item := range items {
		var payload []byte
		if item == "held" {
			payload = []byte("sealed")
		}
		w.exec(`INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version, ambiguous,
				reason_code, reason_detail, problems, payload)
			SELECT id, $2, target_id, period, $3, $4, '+', 1, 0, 0, false, CASE $4 WHEN 'blocked' THEN 'problems' ELSE $4 END,
				'Dupont 180017500123456',
				CASE $4 WHEN 'blocked' THEN '[{"code": "unknown-code", "value": "S3CR3T"}]'::json END, $5 FROM syncd.run WHERE id = $1`,
			id, i+1, fmt.Sprintf("M%04d", i), item, payload)
	}
	return id
}

// turn lets a minute's work be done, now.
func (w *world) turn() { w.out.Turn(w.Context()) }

// pass lets time go by, minute by minute.
func (w *world) pass(d time.Duration) {
	for until := w.clock().Add(d); w.clock().Before(until); {
		w.mu.Lock()
		w.now = w.now.Add(time.Minute)
		w.mu.Unlock()
		w.turn()
	}
}

// jump lets time go by without anybody there.
func (w *world) jump(to string) {
	w.mu.Lock()
	w.now = at(to)
	w.mu.Unlock()
	w.turn()
}

// told are the subjects of the mails to somebody since the last look; seen counts those.
func (w *world) told(name string) (subjects []string) {
	for _, m := range w.mails(name) {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

func (w *world) mails(name string) (mails []alerttest.Mail) {
	for _, m := range w.mail.Mails() {
		if m.To == name+"@example.test" {
			mails = append(mails, m)
		}
	}
	return mails
}

// want compares the subjects of all mails to somebody.
func (w *world) want(name string, subjects ...string) {
	w.Helper()
	if got := w.told(name); strings.Join(got, "\n") != strings.Join(subjects, "\n") {
		w.Errorf("%s was told at %s:\n%s\nwant:\n%s\nlog: %s", name, w.clock().Format("2006-01-02 15:04"), strings.Join(got, "\n"),
			strings.Join(subjects, "\n"),
			w.log.String())
	}
}

func english(name string, roles ...Role) Recipient {
	return Recipient{Name: name, Rights: RightsOf(roles, nil), Language: "en", Channel: "mail"}
}

// text is what a mail to somebody says.
func (w *world) text(name string, n int) string {
	w.Helper()
	mails := w.mails(name)
	if n >= len(mails) {
		w.Fatalf("%s got %d mails", name, len(mails))
	}
	return mails[n].Text
}

// giveUp gives up what a run holds: a person does, or nobody has decided in time.
func (w *world) giveUp(run int64, reason string) {
	w.Helper()
	w.exec(`UPDATE syncd.item SET state = 'superseded', payload = NULL, reason_code = $2 WHERE run_id = $1 AND state = 'held'`, run, reason)
	w.exec(`UPDATE syncd.run SET state = 'cancelled', failure_code = $2, superseded = superseded + held, held = 0, finished_at = $3 WHERE id = $1`, run, reason, w.clock())
}
