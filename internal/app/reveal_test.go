package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/ledger"
)

var marie = ledger.Person{Name: "marie", System: "marie", Channel: ledger.ByCommand, Proof: ledger.ProofSystem}

// anywhere tells which tables of the ledger hold a text.
func (w *world) anywhere(text string) (found []string) {
	w.t.Helper()
	conn := w.db.Connect(w.t)
	rows, err := conn.Query(w.t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('syncd', 'inbox')`)
	w.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	if len(tables) < 20 {
		w.t.Fatalf("%d tables", len(tables))
	}
	for _, table := range tables {
		var n int
		w.must(conn.QueryRow(w.t.Context(), `SELECT count(*) FROM `+table+` t WHERE strpos(t::text, $1) > 0`, text).Scan(&n))
		if n > 0 {
			found = append(found, table)
		}
	}
	return found
}

// One value of one employee is shown once it is recorded who sees it; nothing is where it cannot be, and the value is kept nowhere.
func TestAValueIsShownOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(Order{Job: "dictionnaire"})
	w.run(november)
	key := w.keys()[0]
	const canary = "FR7630006000011234567890189"
	var before string
	w.must(w.db.Connect(t).QueryRow(t.Context(), `SELECT iban FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = $1`, key).Scan(&before))
	w.exec(`UPDATE staging.employee SET iban = '` + canary + `' WHERE dossier = 'saint-martin' AND matricule = '` + key + `'`)
	held := w.run(november)
	of := Revealing{Selection: Selection{Dossiers: []string{"saint-martin"}}, Key: key, Member: "Iban", By: marie}

	// What was received, and what waits for a person.
	r, err := w.Records().Reveal(t.Context(), of)
	w.must(err)
	if r.Value != before || r.Run == 0 || r.Run == held.ID || time.Since(r.At) > time.Hour {
		t.Errorf("got run %d at %v, and the former value %v", r.Run, r.At, r.Value == before)
	}
	of.Run = held.ID
	r, err = w.Records().Reveal(t.Context(), of)
	w.must(err)
	if r.Value != canary || r.Run != held.ID {
		t.Errorf("got run %d, and the new value %v", r.Run, r.Value == canary)
	}
	readings, err := w.Records().Readings(t.Context(), ledger.ReadingFilter{Dossier: "saint-martin", Employee: key, Actor: "marie", Max: 10})
	w.must(err)
	if len(readings) != 2 || readings[0].Run != held.ID || readings[0].Field != "Iban" || readings[0].By.Channel != ledger.ByCommand ||
		readings[0].Host == "" || !readings[0].At.Equal(r.At) {
		t.Errorf("got %+v", readings)
	}
	if tables := w.anywhere(canary); len(tables) > 0 {
		t.Errorf("the value stands in %v", tables)
	}
	if tables := w.anywhere(key); len(tables) == 0 {
		t.Error("nothing is found that is there")
	}

	// What is not one value of somebody who is known is refused, and nobody was shown anything.
	for member, code := range map[string]Code{"Ibann": NoMember, "": NoMember, "Adresse": NoMember, "Elements": NoMember} {
		wrong := of
		wrong.Member = member
		_, err := w.Records().Reveal(t.Context(), wrong)
		refusedWith(t, err, code, nil)
	}
	nobody := of
	nobody.Key = "99999"
	_, err = w.Records().Reveal(t.Context(), nobody)
	refusedWith(t, err, NothingKept, nil)
	nobody.Key, nobody.By = key, ledger.Person{}
	if _, err = w.Records().Reveal(t.Context(), nobody); !errors.Is(err, errNobody) {
		t.Errorf("got %v", err)
	}

	// Where it cannot be recorded, nothing is shown.
	w.exec(`ALTER TABLE syncd.reading ADD CONSTRAINT unwritable CHECK (false) NOT VALID`)
	r, err = w.Records().Reveal(t.Context(), of)
	if err == nil || r.Value != "" || strings.Contains(err.Error(), canary) {
		t.Errorf("got %v", err)
	}
	if err := w.Records().Sheet(t.Context(), w.month().Dossier, key, marie); err == nil {
		t.Error("a sheet is shown off the record")
	}
	w.exec(`ALTER TABLE syncd.reading DROP CONSTRAINT unwritable`)
	w.must(w.Records().Sheet(t.Context(), w.month().Dossier, key, marie))
	if readings, err = w.Records().Readings(t.Context(), ledger.ReadingFilter{Max: 10}); err != nil || len(readings) != 3 ||
		readings[0].Field != "" {
		t.Errorf("got %+v, %v", readings, err)
	}
}

func TestOneValueOfADocument(t *testing.T) {
	t.Parallel()
	const document = `{"Iban":"FR76","Adresse":{"Voie":"1 rue \"A\"","CodePostal":"44000"},"Taux":0.50,"Nul":null,"Elements":[{"Code":"X"}]}`
	for path, want := range map[string]string{"Iban": "FR76", "Adresse.Voie": `1 rue "A"`, "Taux": "0.50", "Nul": "", "None": "", "Iban.Voie": ""} {
		if got, err := memberOf([]byte(document), path); err != nil || got != want {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
	for _, path := range []string{"Adresse", "Elements"} {
		_, err := memberOf([]byte(document), path)
		refusedWith(t, err, NoMember, nil)
	}
}
