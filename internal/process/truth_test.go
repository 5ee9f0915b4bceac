package process

import "strings"

// expected says in SQL, apart from any code of the product, which employees' documents at the API are not what staging
// says. A document that is missing, or that nobody in staging stands for, is wrong too.
const expected = `
WITH held AS (SELECT unnest($3::text[]) AS matricule, unnest($4::text[])::jsonb AS document),
wanted AS (
	SELECT matricule, jsonb_build_object('Matricule', matricule, 'Civilite', civilite, 'NomNaissance', nom_naissance,
		'NomUsage', nom_usage, 'Prenom', prenom, 'DateNaissance', date_naissance, 'Nir', nir, 'Email', email,
		'Adresse', jsonb_build_object('Voie', voie, 'CodePostal', code_postal, 'Ville', ville, 'CodePays', code_pays),
		'Iban', iban, 'Contrat', jsonb_build_object('CodeNature', contrat, 'DateDebut', date_debut, 'DateFin', date_fin,
			'CodeCategorieTempsTravail', categorie_temps, 'TauxActivite', taux_activite, 'CodeStrate', strate,
			'CodeCategorie', categorie, 'CodeFonction', fonction), 'Periode', $2::text) AS master,
		(SELECT coalesce(jsonb_agg(x ORDER BY x), '[]') FROM (SELECT jsonb_build_object('Code', code, 'Quantite', quantity,
			'Montant', amount) AS x FROM staging.payroll_element p
			WHERE p.dossier = $1 AND p.matricule = e.matricule AND period = $2) AS rows) AS elements
	FROM staging.employee e WHERE dossier = $1)
SELECT coalesce(w.matricule, h.matricule) FROM wanted w FULL JOIN held h USING (matricule)
WHERE w.master IS DISTINCT FROM h.document - 'Elements' OR w.elements IS DISTINCT FROM
	(SELECT coalesce(jsonb_agg(x ORDER BY x), '[]') FROM jsonb_array_elements(h.document->'Elements') AS x)
ORDER BY 1`

// wantDelivered compares every document that the partner has with staging, and wants the ledger to have no open end.
func (w *world) wantDelivered() {
	w.t.Helper()
	for _, name := range w.dossiers() {
		w.wantDocuments(name, period)
	}
	w.wantNoOpenEnds()
}

// wantDocuments compares every document of a dossier and period that the partner has with staging.
func (w *world) wantDocuments(dossier, period string) {
	w.t.Helper()
	var matricules, documents []string
	for _, r := range w.sandbox.Received(dossier) {
		if r.Period == period {
			matricules = append(matricules, r.Matricule)
			documents = append(documents, string(r.Document))
		}
	}
	if wrong := w.texts(expected, dossier, period, matricules, documents); len(wrong) > 0 {
		w.t.Fatalf("the API's documents of %s differ from staging for %q", dossier, wrong)
	}
}

// wantNoOpenEnds wants nothing to be left to do, and all accounts to add up.
func (w *world) wantNoOpenEnds() {
	w.t.Helper()
	if open := w.texts(openEnds); len(open) > 0 {
		w.t.Fatalf("the ledger has open ends:\n%s", strings.Join(open, "\n"))
	}
	w.wantSums()
}

// openEnds are what must not be left once everything is delivered.
const openEnds = `
SELECT format('item %s of run %s is %s', key, run_id, state) FROM syncd.item WHERE open
UNION ALL SELECT format('%s of %s is in doubt', key, period) FROM syncd.baseline WHERE in_doubt
UNION ALL SELECT format('run %s is %s', id, state) FROM syncd.run WHERE state IN ('queued', 'running', 'held')
UNION ALL SELECT format('item %s of run %s keeps its payload', key, run_id) FROM syncd.item WHERE payload IS NOT NULL`

// sums are the finished runs whose accounting does not add up, by their own columns and by their items.
const sums = `
SELECT format('run %s: %s', r.id, to_jsonb(r)) FROM syncd.run r
WHERE finished_at IS NOT NULL AND (
	employees_read <> unchanged + accepted + rejected + blocked + held + uncertain + superseded + not_attempted
	OR elements_read <> elements_in_documents + elements_blocked
	OR accepted <> (SELECT coalesce(sum(employees), 0) FROM syncd.item WHERE run_id = r.id AND state = 'accepted')
	OR superseded <> (SELECT coalesce(sum(employees), 0) FROM syncd.item WHERE run_id = r.id AND state = 'superseded')
	OR employees_read - unchanged <> (SELECT coalesce(sum(employees), 0) FROM syncd.item WHERE run_id = r.id))`

// wantSums wants the accounting of all finished runs to add up.
func (w *world) wantSums() {
	w.t.Helper()
	if wrong := w.texts(sums); len(wrong) > 0 {
		w.t.Fatalf("the accounting does not add up:\n%s", strings.Join(wrong, "\n"))
	}
}

// dump is the part of the ledger that a run writes, line by line.
func (w *world) dump() string {
	w.t.Helper()
	return strings.Join(w.texts(`
		SELECT r::text FROM (SELECT * FROM syncd.run ORDER BY id) r
		UNION ALL SELECT i::text FROM (SELECT * FROM syncd.item ORDER BY run_id, seq) i
		UNION ALL SELECT b::text FROM (SELECT * FROM syncd.baseline ORDER BY target_id, key, period) b`), "\n")
}
