package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"syncd/internal/jobs"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
	"syncd/internal/store"
)

// fill puts made-up staff into staging: matricules 00001 and so on, three elements each.
func (w *world) fill(employees int) {
	w.t.Helper()
	options := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 3, Period: string(period), Seed: 1}
	var staff, elements [][]any
	for e := range sample.Employees(options) {
		staff = append(staff, e.Row())
	}
	for e := range sample.Elements(options) {
		elements = append(elements, e.Row())
	}
	_, err := w.conn.CopyFrom(context.Background(), sample.EmployeeTable, sample.EmployeeColumns, pgx.CopyFromRows(staff))
	w.must(err)
	_, err = w.conn.CopyFrom(context.Background(), sample.ElementTable, sample.ElementColumns, pgx.CopyFromRows(elements))
	w.must(err)
}

// nextMonth copies the elements of the period to another one.
func (w *world) nextMonth(to jobs.Period) {
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, matricule, $1, code, quantity, amount
		FROM staging.payroll_element WHERE period = $2`, string(to), string(period))
}

// rename changes master data of one employee.
func (w *world) rename(matricule, name string) {
	w.exec(`UPDATE staging.employee SET nom_naissance = $2 WHERE matricule = $1`, matricule, name)
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.conn.Exec(context.Background(), sql, args...)
	w.must(err)
}

// received is what the sandbox holds for the period, by matricule.
func (w *world) received() map[string]sandbox.Received { return w.receivedOf(period) }

func (w *world) receivedOf(p jobs.Period) map[string]sandbox.Received {
	all := map[string]sandbox.Received{}
	for _, r := range w.sandbox.Received(dossier) {
		if r.Period == string(p) {
			all[r.Matricule] = r
		}
	}
	return all
}

// held is the name that the sandbox holds for one employee.
func (w *world) held(matricule string) string {
	w.t.Helper()
	received, ok := w.received()[matricule]
	if !ok {
		return ""
	}
	var document struct{ NomNaissance string }
	w.must(json.Unmarshal(received.Document, &document))
	return document.NomNaissance
}

// expected says in SQL, apart from any code of the product, what the API must hold for a period.
const expected = `
WITH held AS (SELECT unnest($2::text[]) AS matricule, unnest($3::text[])::jsonb AS document),
wanted AS (
	SELECT matricule, jsonb_build_object('Matricule', matricule, 'Civilite', civilite, 'NomNaissance', nom_naissance,
		'NomUsage', nom_usage, 'Prenom', prenom, 'DateNaissance', date_naissance, 'Nir', nir, 'Email', email,
		'Adresse', jsonb_build_object('Voie', voie, 'CodePostal', code_postal, 'Ville', ville, 'CodePays', code_pays),
		'Iban', iban, 'Contrat', jsonb_build_object('CodeNature', contrat, 'DateDebut', date_debut, 'DateFin', date_fin,
			'CodeCategorieTempsTravail', categorie_temps, 'TauxActivite', taux_activite, 'CodeStrate', strate,
			'CodeCategorie', categorie, 'CodeFonction', fonction), 'Periode', $1::text) AS master,
		(SELECT coalesce(jsonb_agg(x ORDER BY x), '[]') FROM (SELECT jsonb_build_object('Code', code, 'Quantite', quantity,
			'Montant', amount) AS x FROM staging.payroll_element p WHERE p.matricule = e.matricule AND period = $1) AS rows) AS elements
	FROM staging.employee e)
SELECT coalesce(w.matricule, h.matricule) FROM wanted w FULL JOIN held h USING (matricule)
WHERE w.master IS DISTINCT FROM h.document - 'Elements' OR w.elements IS DISTINCT FROM
	(SELECT coalesce(jsonb_agg(x ORDER BY x), '[]') FROM jsonb_array_elements(h.document->'Elements') AS x)
ORDER BY 1`

// wantDelivered compares each document that the partner has with staging. but names the employees that must differ.
func (w *world) wantDelivered(p jobs.Period, but ...string) {
	w.t.Helper()
	var matricules, documents []string
	for matricule, r := range w.receivedOf(p) {
		matricules = append(matricules, matricule)
		documents = append(documents, string(r.Document))
	}
	rows, err := w.conn.Query(context.Background(), expected, string(p), matricules, documents)
	w.must(err)
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	if !slices.Equal(wrong, but) && len(wrong)+len(but) > 0 {
		w.t.Fatalf("period %s: the API's documents differ from staging for %q, want %q", p, wrong, but)
	}
}

func (w *world) items(s *store.Store, run int64) []jobs.Item {
	w.t.Helper()
	items, err := s.Items(context.Background(), run, store.ItemFilter{Max: 100000, Diffs: true})
	w.must(err)
	return items
}

// item is the only item that a run has for a matricule.
func (w *world) item(r *jobs.Runner, run *jobs.Run, matricule string) jobs.Item {
	w.t.Helper()
	items, err := storeOf(r).Items(context.Background(), run.ID, store.ItemFilter{Max: 10, Keys: []string{matricule}, Diffs: true})
	w.must(err)
	if len(items) != 1 {
		w.t.Fatalf("run %d has %d items for %s, want 1: %+v", run.ID, len(items), matricule, items)
	}
	return items[0]
}

func (w *world) wantItem(r *jobs.Runner, run *jobs.Run, matricule string, state jobs.ItemState, reason jobs.ReasonCode) {
	w.t.Helper()
	if item := w.item(r, run, matricule); item.State != state || item.Reason.Code != reason {
		w.t.Fatalf("item %s of run %d is %s (%s), want %s (%s)", matricule, run.ID, item.State, item.Reason.Code, state, reason)
	}
}

func (w *world) wantDoubt(matricule string, want bool) {
	w.t.Helper()
	n := count(w.t, w, `SELECT count(*) FROM syncd.baseline WHERE key = $1 AND period = $2 AND in_doubt`, matricule, string(period))
	if (n == 1) != want {
		w.t.Fatalf("%s in doubt: %t, want %t", matricule, n == 1, want)
	}
}

func count(t testing.TB, w *world, sql string, args ...any) (n int) {
	t.Helper()
	if err := w.conn.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
	}
	return n
}
