package hinted

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"syncd/internal/report/locale"
)

var french = locale.Of(locale.French, "")

// telling is an error of a type of its own.
type telling struct{ fact Fact }

func (e *telling) Error() string { return TextOf(e) }

func (e *telling) Fact() Fact { return e.fact }

const (
	purgeEN = "look at the clock (timedatectl) and at what would go (syncd purge); if it is right: syncd purge --apply --force --reason …"
	purgeFR = "regardez l'horloge (timedatectl) et ce qui partirait (syncd purge)\u00a0; si c'est juste\u00a0: " +
		"syncd purge --apply --force --reason …"
)

// What wrapped an error, and what an error names, is told in the language of the fact; what is no fact stays.
func TestAFactIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	closed := Because(nil, "run.closed", "period", "2026-11")
	for _, test := range []struct {
		err    error
		en, fr []Told
	}{
		{closed, []Told{{Problem: "period 2026-11 is closed: nothing of it is sent any more",
			Hint: "see 'syncd period list'; 'syncd period reopen 2026-11 --reason … --until …' opens it for a time"}},
			[]Told{{Problem: "la période 2026-11 est close\u00a0: plus rien n'en est envoyé",
				Hint: "voyez «\u00a0syncd period list\u00a0»\u00a0; «\u00a0syncd period reopen 2026-11 --reason … --until " +
					"…\u00a0» la rouvre pour un temps"}}},
		{fmt.Errorf("job x: %w", While("reading the plan", errors.New("EOF"))),
			[]Told{{Problem: "job x: reading the plan: EOF"}}, []Told{{Problem: "job x: lecture de la préparation\u00a0: EOF"}}},
		{While("reading staging (job.source.employees)", Because(nil, "run.not-held", "run", 7, "state", State("held"))),
			[]Told{{Problem: "reading staging (job.source.employees): run 7 is held and holds nothing: there is nothing to approve",
				Hint: "'syncd runs --state held' lists what waits"}},
			[]Told{{Problem: "lecture des données préparées (job.source.employees)\u00a0: " +
				"l'exécution 7 est en suspens et n'attend aucune décision\u00a0: " +
				"il n'y a rien à approuver", Hint: "«\u00a0syncd runs --state held\u00a0» liste ce qui attend"}}},
		{&telling{Say("staging.query-value", "value", Say("staging.value-22012"), "query", "q").While("reading staging (q)")},
			[]Told{{Problem: "reading staging (q): a value does not fit (a division by zero)",
				Hint: "run the query of q in psql to find the row, then correct it in staging or convert it in the query"}},
			[]Told{{Problem: "lecture des données préparées (q)\u00a0: une valeur ne convient pas (une division par zéro)",
				Hint: "lancez la requête de q dans psql pour trouver la ligne, puis corrigez-la dans les données préparées ou convertissez-la " +
					"dans la " +
					"requête"}}},
		{errors.Join(errors.New("odd"), closed), []Told{{Problem: "odd"}, All(closed)[0]}, []Told{{Problem: "odd"}, AllIn(french, closed)[0]}},
		{&telling{Say("audit.purge-held", "why", Several{Say("audit.purge-excess-runs", "go", 1, "of", 2),
			Say("audit.purge-excess-fires", "go", 3,
				"of", 4)})}, []Told{{Problem: "nothing is purged: 1 of 2 runs would go; 3 of 4 fires would go", Hint: purgeEN}},
			[]Told{{Problem: "rien n'est purgé\u00a0: exécutions qui partiraient\u00a0: 1 sur 2\u00a0; " +
				"exécutions prévues qui partiraient\u00a0: 3 sur 4", Hint: purgeFR}}},
	} {
		if got := All(test.err); !slices.Equal(got, test.en) || lines(nil, got) != test.err.Error() {
			t.Errorf("got  %+v\nwant %+v\ntext %q", got, test.en, test.err)
		}
		if got := AllIn(french, test.err); !slices.Equal(got, test.fr) {
			t.Errorf("got  %+v\nwant %+v", got, test.fr)
		}
	}
}

// How much a purge would remove is told by the sort of what goes, whatever the number.
func TestWhatAPurgeWouldRemove(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"audit.purge-excess-diffs", "audit.purge-excess-items", "audit.purge-excess-runs",
		"audit.purge-excess-fires", "audit.purge-excess-files", "audit.purge-excess-documents"} {
		if text := Say(code, "go", 1, "of", 2).In(french); !strings.HasSuffix(text, "partiraient\u00a0: 1 sur 2") {
			t.Errorf("%s: %s", code, text)
		}
	}
}
