package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

const canaryName = "Zéphyrine Quenotte"

// naming has a column of its own for names: no document has it.
func naming(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *config.Config) { display(c, "surnom") })
	w.exec(`ALTER TABLE staging.employee ADD surnom text; UPDATE staging.employee SET surnom = 'Nom ' || matricule`)
	return w
}

// display sets the columns that people are called by.
func display(c *config.Config, columns ...string) {
	for i := range c.Jobs {
		if c.Jobs[i].Kind.Sends() {
			c.Jobs[i].Source.Display = columns
		}
	}
}

func (w *world) called(key, name string) {
	w.t.Helper()
	conn := w.db.Connect(w.t)
	_, err := conn.Exec(w.t.Context(), `UPDATE staging.employee SET surnom = $2 WHERE dossier = 'saint-martin' AND matricule = $1`, key, name)
	w.must(err)
}

// report is a run as a terminal shows it.
func (w *world) report(run *jobs.Run, names *Names, show view.Show) string {
	w.t.Helper()
	var out bytes.Buffer
	p := text.New(view.New(locale.English, w.Called(false)), text.Look{}).Named(names.Naming(w.t.Context()))
	w.must(p.Run(&out, run, w.Records().Items(w.t.Context(), run, show.Employees, true), show))
	return out.String()
}

// whoIs asks what some are called.
func whoIs(ctx context.Context, n *Names, of view.Subject, keys ...string) map[string]string {
	return n.Naming(ctx)([]view.Question{{Of: of, Keys: keys}})[0]
}

func (w *world) subject() view.Subject {
	target := w.Target(w.Config.Documents(), w.Config.AllDossiers[0])
	return view.Subject{Job: "paie", Target: target, Period: apptest.Period}
}

// People are called by their names where a report is read, and nowhere else: no table, log or data has one.
func TestNamesAreShownAndKeptNowhere(t *testing.T) {
	t.Parallel()
	w := naming(t)
	var log bytes.Buffer
	w.door.Log = zerolog.New(zerolog.SyncWriter(&log)).Level(zerolog.TraceLevel)
	w.called("00001", canaryName)
	run := w.held()
	run, err := w.Records().Run(t.Context(), run.ID)
	w.must(err)
	for name, shown := range map[string]string{
		"report":   w.report(run, w.Names(nil), view.Show{Diff: true}),
		"employee": w.report(run, w.Names(nil), view.Show{Employees: []string{"00001"}}),
	} {
		if !strings.Contains(shown, canaryName) || !strings.Contains(shown, "00001") {
			t.Errorf("%s: nobody is called by name:\n%s", name, shown)
		}
	}
	if shown := w.report(run, nil, view.Show{Diff: true}); strings.Contains(shown, canaryName) {
		t.Error("a name is shown that nobody asked for")
	}

	story, now, err := w.Records().Why(t.Context(), Selection{Dossiers: []string{"saint-martin"}, Period: apptest.Period}, "00001")
	w.must(err)
	teller := view.New(locale.French, w.Called(false)).Named(w.Names(nil).Naming(t.Context()))
	told := teller.Why(story, now)
	if told.Facts[0] != [2]string{"Nom", canaryName} || strings.Contains(told.Title, canaryName) {
		t.Errorf("got %q, %q", told.Title, told.Facts)
	}
	plan, err := json.Marshal(told.Next)
	w.must(err)
	if strings.Contains(string(plan), canaryName) {
		t.Errorf("a step has a name: %s", plan)
	}

	// What is data, or decided, has none.
	_, err = w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Decision: Decision{By: "marie", Reason: "as agreed"}})
	w.must(err)
	w.must(w.Records().Sheet(t.Context(), w.Config.AllDossiers[0], "00001", marie))
	if tables := w.anywhere(canaryName); len(tables) > 0 {
		t.Errorf("the name stands in %v", tables)
	}
	if strings.Contains(log.String(), canaryName) {
		t.Errorf("the name is logged:\n%s", log.String())
	}
	var data bytes.Buffer
	w.must(view.New(locale.English, w.Called(false)).WriteRunJSON(&data, run, w.Records().Items(t.Context(), run, nil, true), view.Show{}))
	if strings.Contains(data.String(), canaryName) {
		t.Error("the name is in the data of a run")
	}
}

// Whatever stands in the columns is shown as text on one line, and what identifies somebody is not.
func TestNamesOfAnyShape(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]string{
		"DUPONT Marie":                {"DUPONT", "Marie"},
		"Marie":                       {"", " \u00a0\u200b", "Marie"},
		"":                            {"", "\u200b"},
		"Jean Paul Du":                {" Jean\n\tPaul ", "Du"},
		"Marie ••• Curie":             {"Marie", "FR7630006000011234567890189", "2 84 05 88 157 321 20", "Curie"},
		"<b>x</b>":                    {"<b>x</b>"},
		strings.Repeat("é", 60) + "…": {strings.Repeat("é", 200)},
		"Ren\u00e9":                   {"Ren\xe9"},
		"a\u202eb":                    {"a\u202eb"}, // made visible where it is shown
	} {
		if got := nameOf(parts); got != want {
			t.Errorf("%q: got %q, want %q", parts, got, want)
		}
	}
	w := naming(t)
	w.called("00001", "a\u202eb\x1b[31m <i>")
	w.called("00002", strings.Repeat("x", 10_000))
	w.exec(`UPDATE staging.employee SET surnom = NULL WHERE matricule = '00003'`)
	names := whoIs(t.Context(), w.Names(nil), w.subject(), "00001", "00002", "00003", "99999")
	if len(names) != 2 || len(names["00002"]) > 70 {
		t.Errorf("got %q", names)
	}
	teller := view.New(locale.English, w.Called(false)).Named(w.Names(nil).Naming(t.Context()))
	story, now, err := w.Records().Why(t.Context(), Selection{Dossiers: []string{"saint-martin"}, Period: apptest.Period}, "00001")
	w.must(err)
	if got := teller.Why(story, now).Facts[0][1]; got != `a\u202eb\x1b[31m <i>` {
		t.Errorf("got %q", got)
	}
}

// A matricule that staging has twice has both names; a dossier of another reader none.
func TestNamesOfTwo(t *testing.T) {
	t.Parallel()
	w := naming(t)
	w.exec(`ALTER TABLE staging.employee DROP CONSTRAINT employee_pkey CASCADE;
		INSERT INTO staging.employee SELECT * FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = '00001';
		UPDATE staging.employee SET surnom = 'Autre' WHERE ctid = (SELECT max(ctid) FROM staging.employee WHERE dossier = 'saint-martin' AND
			matricule = '00001')`)
	got := whoIs(t.Context(), w.Names(nil), w.subject(), "00001")["00001"]
	if got != "Nom 00001 / Autre" && got != "Autre / Nom 00001" {
		t.Errorf("got %q", got)
	}
	names := w.Names(func(dossier string) bool { return dossier != "saint-martin" })
	if got := whoIs(t.Context(), names, w.subject(), "00001"); len(got) > 0 || names.Trouble() != "" {
		t.Errorf("got %q, %q", got, names.Trouble())
	}
	if names := w.Names(nil); whoIs(t.Context(), names, view.Subject{Job: "former", Target: w.subject().Target}, "00001") != nil {
		t.Error("a job that is not configured has names")
	}
	display(w.Config)
	if w.Names(nil) != nil {
		t.Error("there are names without columns for them")
	}
}

// What keeps names from being read is told once; the report is whole without them, and staging's own users do not wait.
func TestNamesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := naming(t)
	ask := func() NamesTrouble {
		names := w.Names(nil)
		if got := whoIs(t.Context(), names, w.subject(), "00001"); len(got) > 0 {
			t.Errorf("got %q", got)
		}
		return names.Trouble()
	}
	display(w.Config, "none_such")
	if got := ask(); got != NamesRefused {
		t.Errorf("a column that is missing: %q", got)
	}
	display(w.Config, "surnom")
	conn := w.db.Connect(t)
	importing, err := conn.Begin(t.Context())
	w.must(err)
	_, err = importing.Exec(t.Context(), `LOCK TABLE staging.employee`)
	w.must(err)
	if got := ask(); got != NamesLocked {
		t.Errorf("a table that is being replaced: %q", got)
	}
	w.must(importing.Rollback(t.Context()))
	w.exec(`ALTER TABLE staging.employee RENAME TO employees; CREATE VIEW staging.employee AS SELECT e.* FROM staging.employees e, pg_sleep(30)`)
	if got := ask(); got != NamesAway {
		t.Errorf("a query that is too slow: %q", got)
	}
	w.exec(`DROP VIEW staging.employee; ALTER TABLE staging.employees RENAME TO employee`)
	if got := whoIs(t.Context(), w.Names(nil), w.subject(), "00001")["00001"]; got != "Nom 00001" {
		t.Errorf("afterwards: %q", got)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	names := w.Names(nil)
	if whoIs(gone, names, w.subject(), "00001"); names.Trouble() != NamesAway {
		t.Errorf("staging that is away: %q", names.Trouble())
	}
}

// A report asks few questions, whatever it is about.
func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	asked, most := 0, 0
	teller := view.New(locale.English, view.Options{}).Named(func(questions []view.Question) []map[string]string {
		asked, most = asked+1, max(most, len(questions[0].Keys))
		return nil
	})
	run := &jobs.Run{ID: 1, Job: "paie", Kind: jobs.PushSalaries, State: jobs.Incomplete}
	const items = 1000
	read := func(show view.Show) {
		var of iter.Seq2[jobs.Item, error] = func(yield func(jobs.Item, error) bool) {
			for i := range items {
				if !yield(jobs.Item{Seq: i + 1, Key: strings.Repeat("0", i%5) + string(rune('a'+i%26)) + strings.Repeat("1", i/26),
					State: jobs.ItemBlocked, Difference: jobs.Undeliverable}, nil) {
					return
				}
			}
		}
		if err := text.New(teller, text.Look{}).Run(&bytes.Buffer{}, run, of, show); err != nil {
			t.Fatal(err)
		}
	}
	read(view.Show{})
	if asked != 1 || most > 20 {
		t.Errorf("%d questions, of at most %d", asked, most)
	}
	if read(view.Show{All: true}); asked > 1+items/200 || most > 200 {
		t.Errorf("%d questions, of at most %d", asked, most)
	}

	w := naming(t)
	names := w.Names(nil)
	var keys []string
	for range mostNames + 1 {
		keys = append(keys, "00001")
	}
	whoIs(t.Context(), names, w.subject(), keys...)
	if names.Trouble() != NamesMany || names.questions != mostNames/namesAtOnce {
		t.Errorf("%q after %d questions", names.Trouble(), names.questions)
	}
}

// A name finds people whatever its case and accents; several are told by their matricules, and errors have no name.
func TestPeopleAreFoundByName(t *testing.T) {
	t.Parallel()
	w := naming(t)
	w.called("00001", "DUPONT-MÉRIGNAC Anaïs")
	w.called("00002", "Dupont Zoé")
	w.called("00003", "d’Œuvre Łukasz")
	of := Selection{Dossiers: []string{"saint-martin"}, Period: apptest.Period}
	for typed, want := range map[string][]string{
		"dupont":          {"00001", "00002"},
		"anais dup":       {"00001"},
		"MERIGNAC":        {"00001"},
		"Dupont Merignac": {"00001"},
		"zoe":             {"00002"},
		"oeuvre lukasz":   {"00003"},
		"nom 00004":       {"00004"},
	} {
		matches, err := w.Records().Called(t.Context(), of, typed)
		w.must(err)
		var keys []string
		for _, m := range matches {
			keys = append(keys, m.Key)
		}
		if !slices.Equal(keys, want) {
			t.Errorf("%s: got %q, want %q", typed, keys, want)
		}
	}
	for _, typed := range []string{"", "d", "%", "Dupond", "' OR true --", "upont"} {
		_, err := w.Records().Called(t.Context(), of, typed)
		refusedWith(t, err, NobodyCalled, Args{"dossier": "saint-martin"})
	}
	matches, err := w.Records().Called(t.Context(), of, "dupont")
	w.must(err)
	_, err = TheOne("saint-martin", matches)
	refusedWith(t, err, SeveralCalled, Args{"alike": []string{"00001", "00002"}, "dossier": "saint-martin"})
	if key, err := TheOne("saint-martin", matches[:1]); err != nil || key != "00001" {
		t.Errorf("got %q, %v", key, err)
	}
	everybody, err := w.Records().Called(t.Context(), Selection{Dossiers: []string{"sainte-anne"}}, "nom")
	if err != nil || len(everybody) != 12 {
		t.Errorf("got %d, %v", len(everybody), err)
	}
	conn := w.db.Connect(t)
	_, err = conn.Exec(t.Context(), `INSERT INTO staging.employee SELECT (jsonb_populate_record(e, jsonb_build_object('matricule', '9' || n,
		'surnom', 'MARTIN'))).* FROM staging.employee e, generate_series(1000, 1000 + $1) n WHERE dossier = 'saint-martin' AND matricule = '00001'`,
		MostMatches+3)
	w.must(err)
	many, err := w.Records().Called(t.Context(), of, "martin")
	w.must(err)
	_, err = TheOne("saint-martin", many)
	if refused, ok := errors.AsType[*Refused](err); len(many) != MostMatches+1 || !ok ||
		len(refused.Args["alike"].([]string)) != MostMatches+1 ||
		refused.Args["alike"].([]string)[MostMatches] != "…" {
		t.Errorf("%d are meant: %v", len(many), err)
	}
	if !w.Records().CanFind("saint-martin", "Zoé") || w.Records().CanFind("nobody", "Zoé") || w.Records().CanFind("saint-martin", "00 12") {
		t.Error("who can be found by name is not told")
	}
	display(w.Config, "none_such")
	_, err = w.Records().Called(t.Context(), of, "dupont")
	refusedWith(t, err, NoNames, Args{"why": "refused"})
	display(w.Config)
	_, err = w.Records().Called(t.Context(), of, "dupont")
	refusedWith(t, err, NobodyCalled, nil)
}
