package web

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// asPage executes a statement with the page's rights alone.
func (s *site) asPage(sql string) error {
	s.t.Helper()
	return s.db.With(s.t.Context(), func(c *pgx.Conn) error {
		_, err := c.Exec(s.t.Context(), `BEGIN; SET LOCAL ROLE `+s.role+`; `+sql+`; ROLLBACK`)
		if err != nil {
			_, _ = c.Exec(s.t.Context(), `ROLLBACK`)
		}
		return err
	})
}

// Case 17: the page can neither change what was decided and read, nor staging, nor who may do what, nor see a partner's tokens.
func TestWhatThePageCannotDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.november()
	s.signedIn("marie", everything...)
	for _, sql := range []string{
		`UPDATE syncd.audit SET reason = 'another'`, `DELETE FROM syncd.audit`, `TRUNCATE syncd.audit`,
		`INSERT INTO syncd.audit (at, actor, decision, version) VALUES ('2001-01-01', 'marie', 'approve', '1')`,
		`UPDATE staging.employee SET iban = ''`, `DELETE FROM staging.payroll_element`, `INSERT INTO staging.employee DEFAULT VALUES`,
		`SELECT access, refresh FROM syncd.credential`, `SELECT * FROM syncd.refused_secret`, `SELECT * FROM syncd.allowance`,
		`INSERT INTO syncd.account_role VALUES ('marie', 'admin', '')`, `UPDATE syncd.account_role SET role = 'admin'`,
		`DELETE FROM syncd.account_role`, `UPDATE syncd.account SET disabled_at = NULL`, `UPDATE syncd.account SET login = 'paul'`,
		`DELETE FROM syncd.account`, `INSERT INTO syncd.account (name, made_at, made_by) VALUES ('paul', now(), 'paul')`,
		`INSERT INTO syncd.invitation VALUES (decode(repeat('00', 32), 'hex'), 'marie', '', now())`, `UPDATE syncd.invitation SET expires_at = now()`,
		`DELETE FROM syncd.account_event`, `UPDATE syncd.account_event SET kind = 'reset'`, `UPDATE syncd.login_flow SET next = '/'`,
		`UPDATE syncd.run SET requested_by = 'paul'`, `UPDATE syncd.run SET plan_digest = ''`, `DELETE FROM syncd.run`, `DELETE FROM syncd.item`,
		`UPDATE syncd.item SET key = '1'`, `UPDATE syncd.item SET sent_at = now()`, `UPDATE syncd.run SET previewed_digest = ''`,
		`UPDATE syncd.run SET verify = false`, `UPDATE syncd.run SET contract = ''`, `SELECT * FROM syncd.ping`,
		`UPDATE syncd.item SET attempts = 0`, `UPDATE syncd.alert_silence SET until = now()`, `INSERT INTO syncd.item (run_id) VALUES (1)`, `INSERT INTO syncd.baseline (key) VALUES ('1')`,
		`DELETE FROM syncd.closed_period`, `UPDATE syncd.ledger_key SET lasting = NULL`, `UPDATE syncd.daemon SET jobs = '{}'`,
		`DELETE FROM syncd.session; CREATE TABLE syncd.mine ()`, `ALTER TABLE syncd.audit DISABLE TRIGGER ALL`, `SET ROLE syncd`,
	} {
		if err := s.asPage(sql); err == nil || !strings.Contains(err.Error(), "42501") && !strings.Contains(err.Error(), "22023") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{`SELECT count(*) FROM syncd.audit`, `SELECT count(*) FROM staging.employee`, `SELECT count(*) FROM inbox.records`} {
		s.must(s.asPage(sql))
	}
}

// Whatever somebody decides on the page, its role may: each use case, as the role.
func TestThePageMayDecide(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	by := app.Decision{By: "marie", Reason: "as agreed"}
	decide := s.app.Decisions()
	month := app.Month{Dossier: s.config.AllDossiers[0], Period: apptest.Period}

	held := s.november()
	_, err := decide.Cancel(t.Context(), held.ID, by)
	s.must(err)
	held = s.execute("paie")
	_, err = decide.Approve(t.Context(), app.Approval{Run: held.ID, Decision: by})
	s.must(err)
	if done := s.goOn(held.ID); done.State != jobs.Succeeded {
		t.Fatalf("the run is %s", done.State)
	}

	s.db.Exec(t, `DELETE FROM staging.payroll_element WHERE matricule = '00002' AND dossier = 'saint-martin';
		DELETE FROM staging.employee WHERE matricule = '00002' AND dossier = 'saint-martin';
		UPDATE staging.employee SET iban = 'FR7630006000011234567890189' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	left := s.execute("paie")
	_, err = decide.Approve(t.Context(), app.Approval{Run: left.ID, Employees: []string{"00001"}, Decision: by})
	s.must(err)
	left = s.goOn(left.ID)
	settled, err := decide.Settle(t.Context(),
		app.Settling{Run: left.ID, Employees: []string{"00002"}, As: ledger.SettleWithdrawn, Decision: by})
	s.must(err)
	if settled.State != jobs.Succeeded {
		t.Errorf("the run is %s", settled.State)
	}
	_, err = decide.ClosePeriod(t.Context(), month, false, by)
	s.must(err)
	s.must(decide.ReopenPeriod(t.Context(), month, time.Now().Add(time.Hour), by))
	_, err = decide.ClosePeriod(t.Context(), month, false, by)
	s.must(err)
	s.must(decide.Pause(t.Context(), "paie", by))
	s.must(decide.Unpause(t.Context(), "paie", by))
	if got := s.text(`SELECT string_agg(decision, ' ' ORDER BY id) FROM syncd.audit WHERE actor = 'marie' AND reason = 'as agreed'`); got !=
		"cancel approve approve settle close reopen close pause unpause" {
		t.Error(got)
	}
}
