package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
	jindexe "syncd/internal/partner/jindexe/standin"
	"syncd/internal/sandbox"
)

// atJindexe is a dossier at Jindexe.
func atJindexe(t *testing.T, change func(*jindexe.Config)) (*reading, *jindexe.Sandbox) {
	t.Helper()
	var s *jindexe.Sandbox
	r := newReading(t, jindexe.Profile, func(secret string, dossiers []sandbox.Dossier) (http.Handler, *sandbox.Server, error) {
		c := jindexe.Config{APIKey: secret, Dossiers: dossiers, Seed: 1, Sheets: 60}
		if change != nil {
			change(&c)
		}
		var err error
		if s, err = jindexe.New(c); err != nil {
			return nil, nil, err
		}
		return s, s.Server, nil
	})
	return r, s
}

// Keys that are none, and two records of one key, are refused by their place or key and with a reason; numbers that a float cannot
// tell apart are two; a date that is none stops nothing. All others are stored, and what is mended is stored with the next run.
func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	r, s := atJindexe(t, nil)
	list := s.Records(dossier, jindexe.Sheets)
	add := func(at string, id any) {
		list.Add(sandbox.Record{Key: at, Members: map[string]any{"id": id, "misAJour": "32/13/2026", "nom": at}})
	}
	long := strings.Repeat("k", 201)
	add("null", nil)
	add("long", long)
	add("large", json.Number("9007199254740993"))
	add("larger", json.Number("9007199254740992"))
	add("first", "twice")
	add("second", "twice")
	add("same", "same")
	add("same", "same")
	add("dated", "dated")
	run := r.read("incomplete: 70 read 67 new 3 refused")
	r.want("fiches (page 2, 11) record-no-key, fiches (page 2, 12) record-key-too-long, fiches twice record-twice",
		`SELECT string_agg(concat_ws(' ', collection, key, reason_code), ', ' ORDER BY key)
		FROM syncd.run_record WHERE run_id = $1 AND difference = '!'`, run.ID)
	r.want("9007199254740992 larger, 9007199254740993 large", `SELECT string_agg(key || ' ' || (document ->> 'nom'), ', ' ORDER BY key)
		FROM inbox.records WHERE key LIKE '9%'`)
	r.want("", `SELECT inbox.date(document ->> 'misAJour') FROM inbox.records WHERE key = 'dated'`)
	r.nowhere(long)
	list.Edit("null", map[string]any{"id": "mended"})
	list.Remove("long")
	list.Remove("second")
	r.read("succeeded: 69 read 2 new 67 same")
	if g := s.Grants("tech-" + dossier + "@example.org"); g.Password != 1 || g.Spent > 0 || g.MostAtOnce != 1 {
		t.Errorf("%+v", g)
	}
}

// A password that is refused is asked for once, whatever follows.
func TestAPasswordThatIsRefused(t *testing.T) {
	t.Parallel()
	r, s := atJindexe(t, func(c *jindexe.Config) { c.Dossiers[0].Password = "it was changed there" })
	for range 3 {
		if run := r.read(""); run.State != jobs.Failed || run.Counts.Gathered != nil && run.Counts.Gathered.Read > 0 {
			t.Errorf("%s %+v", run.State, run.Failure)
		}
	}
	if g := s.Grants("tech-" + dossier + "@example.org"); g.Password != 1 || g.Wrong != 1 {
		t.Errorf("%+v", g)
	}
	r.nowhere(sandbox.Dossier{Name: dossier}.MadeUp().Password)
}
