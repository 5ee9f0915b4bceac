package e2e

import (
	"errors"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// loosen lets staging hold what only an export without keys and checks would.
func (w *world) loosen() {
	w.exec(`ALTER TABLE staging.employee DROP CONSTRAINT employee_pkey;
		ALTER TABLE staging.employee ALTER COLUMN matricule DROP NOT NULL;
		ALTER TABLE staging.payroll_element ALTER COLUMN matricule DROP NOT NULL`)
}

// wantProblem wants one item blocked for one reason, and gives the problem.
func (w *world) wantProblem(r *jobs.Runner, run *jobs.Run, matricule string, code mapping.ProblemCode) mapping.Problem {
	w.t.Helper()
	item := w.item(r, run, matricule)
	if item.State != jobs.ItemBlocked || len(item.Problems) != 1 || item.Problems[0].Code != code {
		w.t.Fatalf("item %q is %s, with the problems %+v, want %s", matricule, item.State, item.Problems, code)
	}
	return item.Problems[0]
}

// An unknown code stops that employee alone, and says which one may have been meant; the correction alone goes then.
func TestUnknownCodeBlocksOneEmployee(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.exec(`UPDATE staging.employee SET fonction = 'F_SECR_1' WHERE matricule = '00002'`)
	run := w.run(r, jobs.Incomplete, nil)
	p := w.wantProblem(r, run, "00002", mapping.ProblemUnknownCode)
	if p.Path != "Contrat.CodeFonction" || p.Column != "fonction" || p.Value != "F_SECR_1" || p.Nomenclature != "Fonction" ||
		len(p.Nearest) == 0 || p.Nearest[0].Code != "F_SECR_01" {
		t.Errorf("%+v", p)
	}
	if run.Counts.Accepted != 4 || run.Counts.Blocked != 1 || run.Counts.ElementsBlocked != 3 {
		t.Errorf("%+v", run.Counts)
	}
	w.exec(`UPDATE staging.employee SET fonction = 'F_SECR_01' WHERE matricule = '00002'`)
	run = w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Unchanged != 4 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period)
}

// A code that the partner has withdrawn stops that employee alone, before the API refuses them.
func TestWithdrawnCodeBlocksOneEmployee(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.exec(`UPDATE staging.employee SET fonction = 'F_SURV_OLD' WHERE matricule = '00003'`)
	w.exec(`INSERT INTO syncd.dictionary_entry (target_id, name, code, label, active, changed_by)
		SELECT target_id, name, 'F_SURV_OLD', 'Surveillance', false, changed_by FROM syncd.dictionary_entry WHERE code = 'F_SECR_01'
		ON CONFLICT DO NOTHING`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantProblem(r, run, "00003", mapping.ProblemWithdrawnCode)
	if run.Counts.Accepted != 2 {
		t.Errorf("%+v", run.Counts)
	}
}

// Elements whose employee is missing are pay that would be lost: they are told, and the run is not a success.
func TestElementWithoutItsEmployeeIsTold(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, m, period, code, quantity, amount
		FROM staging.payroll_element, (VALUES ('00000'), ('00002x'), ('99999')) AS v(m) WHERE matricule = '00001'`)
	run := w.run(r, jobs.Incomplete, nil)
	for _, matricule := range []string{"00000", "00002x", "99999"} {
		if p := w.wantProblem(r, run, matricule, mapping.ProblemMissingEmployee); p.Count != 3 {
			t.Errorf("%+v", p)
		}
	}
	if run.Counts.ElementsBlocked != 9 || run.Counts.Accepted != 3 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period)
}

// What the API refuses is told in its own words, without the person's data, and goes again when it is corrected.
func TestRejectionIsToldAndMasked(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	faults := w.sandbox.Faults()
	faults.Reject = []string{"00003"}
	w.must(w.sandbox.SetFaults(faults))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00003", jobs.ItemRejected, jobs.ReasonRejected)
	item := w.item(r, run, "00003")
	var nir string
	w.must(w.conn.QueryRow(t.Context(), `SELECT nir FROM staging.employee WHERE matricule = '00003'`).Scan(&nir))
	if !strings.Contains(item.Reason.Detail, "autre dossier") || strings.Contains(item.Reason.Detail, nir) || item.HTTPStatus != 400 {
		t.Errorf("%+v", item.Reason)
	}
	w.wantDoubt("00003", false)
	w.must(w.sandbox.SetFaults(faultless))
	run = w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Unchanged != 3 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period)
}

// Two rows for one matricule: nobody knows which pay is right, so neither goes.
func TestDuplicateKeyIsBlocked(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.loosen()
	w.exec(`INSERT INTO staging.employee SELECT * FROM staging.employee WHERE matricule = '00002'`)
	run := w.run(r, jobs.Incomplete, nil)
	if p := w.wantProblem(r, run, "00002", mapping.ProblemDuplicateKey); p.Count != 2 {
		t.Errorf("%+v", p)
	}
	if c := run.Counts; c.EmployeesRead != 4 || c.Blocked != 2 || c.Accepted != 2 || c.ElementsBlocked != 3 {
		t.Errorf("%+v", c)
	}
}

// Employees and elements without a matricule cannot be delivered, and are not forgotten in the count either.
func TestMissingKeysAreBlocked(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.loosen()
	w.exec(`UPDATE staging.employee SET matricule = NULL WHERE matricule = '00001'`)
	w.exec(`UPDATE staging.employee SET matricule = '' WHERE matricule = '00002'`)
	w.exec(`UPDATE staging.payroll_element SET matricule = NULL WHERE matricule IN ('00001', '00002')`)
	run := w.run(r, jobs.Incomplete, nil)
	if c := run.Counts; c.EmployeesRead != 4 || c.Blocked != 2 || c.Accepted != 2 || c.ElementsRead != 12 || c.ElementsBlocked != 6 {
		t.Errorf("%+v", c)
	}
	items := w.items(storeOf(r), run.ID)
	keyless := 0
	for _, item := range items {
		if item.Key == "" && item.Problems[0].Code == mapping.ProblemMissingKey {
			keyless++
		}
	}
	if keyless != 2 || len(w.received()) != 2 {
		t.Errorf("%d items without a key, the partner has %d", keyless, len(w.received()))
	}
}

// A matricule that cannot be one is nobody's: its rows are blocked and counted, and everyone else is delivered, but for 00007,
// whose elements they likely are.
func TestBadKeysAreBlocked(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 8)
	w.loosen()
	w.exec(`DROP INDEX staging.payroll_element_read`) // the default tables would refuse the long ones themselves
	for matricule, bad := range map[string]string{
		"00001": `'  '`, "00002": `' 00002'`, "00003": `'00003 '`, "00004": `E'00\t04'`,
		"00005": `(SELECT 'x' || string_agg(md5(n::text), '' ORDER BY n) FROM generate_series(1, 400) AS n)`, // as long as 12 kB
		"00006": `(SELECT 'x' || string_agg(md5(n::text), '' ORDER BY n) || 'x' FROM generate_series(1, 400) AS n)`,
	} {
		w.exec(`UPDATE staging.employee SET matricule = ` + bad + ` WHERE matricule = '` + matricule + `'`)
		w.exec(`UPDATE staging.payroll_element SET matricule = ` + bad + ` WHERE matricule = '` + matricule + `'`)
	}
	w.exec(`UPDATE staging.payroll_element SET matricule = '00007 ' WHERE matricule = '00007'`)
	for range 2 { // the second run meets what the first one left
		run := w.run(r, jobs.Incomplete, nil)
		for _, matricule := range []string{"  ", " 00002", "00003 ", "00\uFFFD04", "00007 "} {
			w.wantProblem(r, run, matricule, mapping.ProblemBadKey)
		}
		shortened := 0
		for _, item := range w.items(storeOf(r), run.ID) {
			if strings.HasPrefix(item.Key, "x") && len(item.Key) == mapping.MaxKey && strings.HasSuffix(item.Key, "…") {
				shortened++
			}
		}
		if c := run.Counts; shortened != 2 || c.EmployeesRead != 8 || c.Blocked != 6 || c.ElementsRead != 24 || c.ElementsBlocked != 21 ||
			c.Held != 1 || len(w.received()) != 1 {
			t.Errorf("%d shortened keys, the partner has %d, %+v", shortened, len(w.received()), c)
		}
	}
}

// Staging that is broken fails the run by name, and nobody is taken for departed.
func TestUnreadableStagingSendsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, want string }{
		"missing table":  {`DROP TABLE staging.payroll_element`, `"staging.payroll_element"`},
		"missing column": {`ALTER TABLE staging.employee DROP COLUMN iban`, "iban"},
		"missing key":    {`ALTER TABLE staging.payroll_element RENAME COLUMN matricule TO nr`, "matricule"},
		"a value too large": {`ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT *, 1000000000 *
			length(matricule) AS x FROM staging.e`, "a number out of range"},
		"a text as a date": {`ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT *, nom_naissance::date AS x
			FROM staging.e`, "a date or time that cannot be read"},
		"a view that ends": {`ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT *, 1 / (length(matricule) - 5)
			AS x FROM staging.e`, "a division by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 3)
			w.run(r, jobs.Succeeded, nil)
			w.exec(c.sql)
			run, err := w.push(r, nil)
			w.wantRun(run, err, jobs.Failed)
			if run.Failure.Code != jobs.ReasonStaging || !strings.Contains(run.Failure.Detail, c.want) ||
				!strings.Contains(run.Failure.Text(), "\nhint: ") {
				t.Errorf("%+v", run.Failure)
			}
			if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE run_id = $1`, run.ID); n != 0 {
				t.Errorf("%d items", n)
			}
		})
	}
}

// jsonNames makes a column json, as a query's to_json would.
const jsonNames = `ALTER TABLE staging.employee ALTER nom_usage TYPE json USING to_json(nom_usage);`

// A value that cannot be right blocks that employee alone.
func TestValueThatDoesNotFitBlocksOneEmployee(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		code mapping.ProblemCode
	}{
		"not a number":       {`UPDATE staging.employee SET taux_activite = 'NaN' WHERE matricule = '00002'`, mapping.ProblemBadValue},
		"infinite date":      {`UPDATE staging.employee SET date_debut = 'infinity' WHERE matricule = '00002'`, mapping.ProblemBadValue},
		"date before Christ": {`UPDATE staging.employee SET date_debut = '0044-03-15 BC' WHERE matricule = '00002'`, mapping.ProblemBadValue},
		"ten megabytes":      {`UPDATE staging.employee SET voie = repeat('x', 10000000) WHERE matricule = '00002'`, mapping.ProblemTooLarge},
		"no name":            {`UPDATE staging.employee SET nom_naissance = NULL WHERE matricule = '00002'`, mapping.ProblemMissingValue},
		"half a character": {jsonNames + `UPDATE staging.employee SET nom_usage = '"\ud800"' WHERE matricule = '00002'`,
			mapping.ProblemBadValue},
		"a null character": {jsonNames + `UPDATE staging.employee SET nom_usage = '"a\u0000"' WHERE matricule = '00002'`,
			mapping.ProblemBadValue},
		"an empty code": {`UPDATE staging.employee SET fonction = '' WHERE matricule = '00002'`, mapping.ProblemUnknownCode},
		"not an element": {`UPDATE staging.payroll_element SET amount = 'NaN', quantity = 1 WHERE ctid = (SELECT min(ctid) FROM
			staging.payroll_element WHERE matricule = '00002')`, mapping.ProblemBadValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 3)
			w.exec(c.sql)
			run := w.run(r, jobs.Incomplete, nil)
			w.wantProblem(r, run, "00002", c.code)
			if run.Counts.Accepted != 2 || run.Counts.Blocked != 1 {
				t.Errorf("%+v", run.Counts)
			}
		})
	}
}

// A matricule that is mistyped on the command line sends nothing, not "everyone" and not "nobody, successfully".
func TestUnknownEmployeeSendsNothing(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	run, err := w.push(r, employees("00002", "2"))
	var unknown *jobs.EmployeeError
	if !errors.As(err, &unknown) || len(unknown.Keys) != 1 || unknown.Keys[0] != "2" {
		t.Fatalf("%v", err)
	}
	w.wantRun(run, err, jobs.Failed)
	if len(w.received()) != 0 {
		t.Error("something was sent")
	}
}
