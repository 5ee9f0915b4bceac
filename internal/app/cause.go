package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"syncd/internal/ledger"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Why a note cannot be kept.
const (
	NoCause Code = "no-cause" // cause: none of these months, or several
	NoNote  Code = "no-note"  // it says nothing
)

// minCauseKey is how many characters of a cause's key name it at least.
const minCauseKey = 6

// causes are what is wrong with several of these dossiers, those of most dossiers first. Of each, the month
// that counts now is looked at.
func (m Months) causes(ctx context.Context, st *store.Store, rows []view.MonthRow) ([]ledger.Cause, error) {
	g := &grouped{by: map[string]*ledger.Cause{}, dossiers: map[int64]string{}}
	var runs []int64
	for i := range rows {
		e := rows[i].Standing()
		if !e.State.Asks() && e.State != ledger.MonthWaiting {
			continue
		}
		of := []int64{}
		for id := range e.Runs {
			of = append(of, id)
		}
		if run := e.Run(); run != nil {
			of = append(of, run.ID)
			g.addRun(e, rows[i].Dossier)
		}
		for _, id := range of {
			g.dossiers[id] = rows[i].Dossier
		}
		runs = append(runs, of...)
	}
	if len(runs) == 0 {
		return nil, nil
	}
	slices.Sort(runs)
	found, err := st.Causes(ctx, slices.Compact(runs))
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		g.add(c, g.dossiers[c.Runs[0]], c.Runs[0])
	}
	return g.several(ctx, st)
}

// grouped gathers causes over dossiers.
type grouped struct {
	by       map[string]*ledger.Cause
	dossiers map[int64]string // by run
}

// addRun adds why the run that a month is about stopped or waits.
func (g *grouped) addRun(e *view.MonthEntry, dossier string) {
	run := e.Run()
	if c, met := ledger.CauseOfFailure(run); met {
		g.add(c, dossier, run.ID)
	}
	for i := range run.Findings {
		if run.Findings[i].Holds {
			g.add(ledger.CauseOfFinding(run, &run.Findings[i]), dossier, run.ID)
		}
	}
}

func (g *grouped) add(c ledger.Cause, dossier string, run int64) {
	known := g.by[c.Key]
	if known == nil {
		first := c
		first.Runs, first.N = nil, 0
		known, g.by[c.Key] = &first, &first
	}
	known.N += c.N
	if at, there := slices.BinarySearch(known.Dossiers, dossier); !there {
		known.Dossiers, known.Runs = slices.Insert(known.Dossiers, at, dossier), slices.Insert(known.Runs, at, run)
	}
}

// several are the causes that more than one dossier has, with their notes.
func (g *grouped) several(ctx context.Context, st *store.Store) ([]ledger.Cause, error) {
	var causes []ledger.Cause
	var keys []string
	for key, c := range g.by {
		if len(c.Dossiers) > 1 {
			causes, keys = append(causes, *c), append(keys, key)
		}
	}
	slices.SortFunc(causes, func(a, b ledger.Cause) int {
		return cmp.Or(cmp.Compare(len(b.Dossiers), len(a.Dossiers)), cmp.Compare(b.N, a.N), cmp.Compare(a.Key, b.Key))
	})
	if len(causes) == 0 {
		return nil, nil
	}
	notes, err := st.Notes(ctx, keys)
	for i := range causes {
		if note, written := notes[causes[i].Key]; written {
			causes[i].Note = &note
		}
	}
	return causes, err
}

// Note keeps what fixed a cause, for whoever meets it next. key is that of a cause of these months, or the beginning of one. Errors:
// *Refused, *ledger.ReasonError.
func (m Months) Note(ctx context.Context, of MonthsOf, key string, by Decision) (ledger.Cause, error) {
	if by.By == "" {
		return ledger.Cause{}, errNobody
	}
	if strings.TrimSpace(by.Reason) == "" {
		return ledger.Cause{}, refuse(NoNote, nil)
	}
	if err := ledger.CheckReason(by.Reason); err != nil {
		return ledger.Cause{}, err
	}
	all, err := m.Fleet(ctx, of)
	if err != nil {
		return ledger.Cause{}, err
	}
	var meant []ledger.Cause
	for _, c := range all.Causes {
		if len(key) >= minCauseKey && strings.HasPrefix(c.Key, key) {
			meant = append(meant, c)
		}
	}
	if len(meant) != 1 {
		return ledger.Cause{}, refuse(NoCause, Args{"cause": key})
	}
	st, err := m.app.readable(ctx)
	if err != nil {
		return ledger.Cause{}, err
	}
	return meant[0], st.AddNote(ctx, meant[0].Key, ledger.Note{By: by.By, Text: by.Reason})
}
