package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Incomplete is why a month is not closed, with the next step behind "hint: ".
func (t *Teller) Incomplete(e *ledger.MissingError) (text, hint string) {
	words := &t.Missing
	send := fmt.Sprintf("syncd run %s --dossier %s --period %s", cmp.Or(e.Job, words.Job), e.Target.Dossier, e.Period)
	next := locale.Fill(words.SendRest, "run", e.Last(), "send", send)
	switch {
	case e.Missing[0].Kind == ledger.MissingAll && e.Last() == 0:
		next = locale.Fill(words.SendFirst, "send", send)
	case e.Last() == 0:
		next = locale.Fill(words.SendEveryone, "send", send)
	}
	return locale.Fill(words.Text, "period", e.Period, "dossier", e.Target.Dossier, "missing", t.Undone(e.Missing)),
		locale.Fill(words.Hint, "next", next)
}

// Undone tells in a line what a month leaves undone.
func (t *Teller) Undone(missing []ledger.Missing) string {
	lines := make([]string, len(missing))
	for i, m := range missing {
		lines[i] = t.undone(m)
	}
	return strings.Join(lines, t.Semicolon)
}

func (t *Teller) undone(m ledger.Missing) string {
	words := &t.Missing
	ids := make([]string, len(m.Runs))
	for i, run := range m.Runs {
		ids[i] = fmt.Sprint(run)
	}
	runs := locale.Fill(t.Noun(words.Runs, len(ids)), "runs", strings.Join(ids, ", "))
	switch m.Kind { //nolint:exhaustive // all others are states of employees
	case ledger.MissingAll:
		return words.NeverSent
	case ledger.MissingRest:
		return words.Partial
	case ledger.MissingHeld:
		return locale.Fill(words.RunHeld, "runs", runs)
	case ledger.MissingPlan:
		return locale.Fill(words.RunFailed, "runs", runs)
	}
	return locale.Fill(words.Employees, "n", m.N, "what", cmp.Or(words.Of[string(m.Kind)], string(m.Kind)), "names",
		t.undoneNames(m), "runs", runs)
}

// undoneNames are the first matricules in brackets; rows without a matricule have none.
func (t *Teller) undoneNames(m ledger.Missing) string {
	const most = 5
	keys := slices.DeleteFunc(slices.Clone(m.Keys), func(key string) bool { return key == "" })
	if len(keys) == 0 {
		return ""
	}
	shown, more := keys[:min(len(keys), most)], ""
	if rest := m.N - len(shown); rest > 0 {
		more = locale.Fill(t.Missing.More, "n", rest)
	}
	return locale.Fill(t.Missing.Names, "names", Clean(strings.Join(shown, ", ")), "more", more)
}
