package store

import (
	"strings"
	"testing"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

func (f *fixture) try(sql string) error {
	_, err := f.conn.Exec(f.Context(), sql)
	return err
}

// TestReadingsAreKept: whoever has the owner's rights can neither change who was shown what, nor delete it before its time.
func TestReadingsAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.start(s)
	of, _, err := s.Target(t.Context(), target)
	f.must(err)
	r := &ledger.Reading{By: ledger.Person{Name: "marie", Channel: ledger.ByPage}, Target: of, Key: "00042", Field: "Iban"}
	for range 3 {
		if err := s.Read(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{`UPDATE syncd.reading SET actor = 'paul'`, `UPDATE syncd.reading SET key = '00043'`,
		`UPDATE syncd.reading SET key = 'forgotten-1', field = ''`, `DELETE FROM syncd.reading`, `TRUNCATE syncd.reading`} {
		if err := f.try(statement); err == nil {
			t.Errorf("%s is let pass", statement)
		}
	}
	if err := f.try(`UPDATE syncd.reading SET key = 'forgotten-1' WHERE id = (SELECT min(id) FROM syncd.reading)`); err != nil {
		t.Errorf("whoever is forgotten keeps the name: %v", err)
	}
	// Past its time a line goes, but none of the last four weeks, whatever is asked for.
	f.exec(`ALTER TABLE syncd.reading DISABLE TRIGGER reading_is_append_only`)
	f.exec(`UPDATE syncd.reading SET at = now() - interval '400 days' WHERE id = (SELECT max(id) FROM syncd.reading)`)
	f.exec(`ALTER TABLE syncd.reading ENABLE TRIGGER reading_is_append_only`)
	many := &PurgeHeldError{Excess: []Excess{{"readings", 150, 200}}, Share: 0.25}
	if got := many.Error(); !strings.Contains(got, "150 of 200 readings would go") {
		t.Errorf("got %s", got)
	}
	day := Cutoffs{Readings: time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC)}.Fact()
	if got := day.In(locale.Of(locale.English, "")); got != "readings before 2025-11-22" {
		t.Errorf("got %s", got)
	}
	p, err := s.Purge(t.Context(), PurgeOrder{Share: 1, Cutoffs: func(now time.Time) Cutoffs { return Cutoffs{Readings: now} }})
	if err != nil || p.Readings != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
	left, err := s.Readings(t.Context(), ledger.ReadingFilter{Max: 10})
	if err != nil || len(left) != 2 || left[1].Key != "forgotten-1" || left[0].Key != "00042" {
		t.Errorf("got %+v, %v", left, err)
	}
}
