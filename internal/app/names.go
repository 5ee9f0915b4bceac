package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// What employees are called is read from staging by the rights of whoever asks, for one report, and goes into nothing but its text: no
// table, log, message, error or JSON has it.

const (
	mostNames     = 2000 // of one report: what follows has matricules alone
	namesAtOnce   = 500
	mostQuestions = 40              // of one report: dossiers that are asked about
	namesIn       = 2 * time.Second // of all of them: a report does not wait for names
	longestName   = 60              // characters
	sameKey       = 3               // how many names of one matricule are shown
)

// NamesTrouble is why some employees of a report are called by their matricule alone; "" = nothing kept their names.
type NamesTrouble string

// Why names are not shown.
const (
	NamesAway    NamesTrouble = "away"    // staging did not answer in time
	NamesLocked  NamesTrouble = "locked"  // somebody replaces it
	NamesRefused NamesTrouble = "refused" // a column is missing, or may not be read
	NamesMany    NamesTrouble = "many"    // there are too many to ask for
)

// Names are what employees are called in one report.
type Names struct {
	app *App
	may func(dossier string) bool

	mu        sync.Mutex
	trouble   NamesTrouble
	asked     int
	questions int
	spent     time.Duration
}

// Names prepares to call employees by their names in one report; nil = no job says how. may: of which dossiers the reader may know them;
// nil = of all.
func (a *App) Names(may func(dossier string) bool) *Names {
	if !slices.ContainsFunc(a.Config.Jobs, func(j config.Job) bool { return len(j.Source.Display) > 0 }) {
		return nil
	}
	return &Names{app: a, may: may}
}

// Trouble is why some have no name; "" = nothing kept any.
func (n *Names) Trouble() NamesTrouble {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.trouble
}

// Naming is what a report asks; nil = nothing.
func (n *Names) Naming(ctx context.Context) view.Naming {
	if n == nil {
		return nil
	}
	return func(asked []view.Question) []map[string]string { return n.of(ctx, asked) }
}

// of asks for names, once for each job, until it was in vain.
func (n *Names) of(ctx context.Context, questions []view.Question) []map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := make([]map[string][]string, len(questions))
	for _, b := range n.admit(questions) {
		began := time.Now()
		called, err := n.app.called(ctx, b.source, b.whom)
		n.spent += time.Since(began)
		if err != nil {
			n.trouble = namesTrouble(err)
			break
		}
		for i, at := range b.of {
			if found[at] == nil {
				found[at] = map[string][]string{}
			}
			keep(found[at], called[i])
		}
	}
	names := make([]map[string]string, len(questions))
	for i := range found {
		if found[i] != nil {
			names[i] = map[string]string{}
		}
		for key, all := range found[i] {
			names[i][key] = joinedNames(all)
		}
	}
	return names
}

// keep adds what employees are called, each name once.
func keep(names map[string][]string, called []store.Called) {
	for _, c := range called {
		if name := nameOf(c.Parts); name != "" && !slices.Contains(names[c.Key], name) {
			names[c.Key] = append(names[c.Key], name)
		}
	}
}

// batch is what staging is asked at once: whom of one job, each for the question of that place.
type batch struct {
	source jobs.Source
	whom   []store.Whom
	of     []int
}

// admit is what may be asked of some questions, as far as a report may ask.
func (n *Names) admit(questions []view.Question) (batches []*batch) {
	byJob := map[string]*batch{}
	for i := range questions {
		q := &questions[i]
		about, ok := n.app.askedOf(q.Of.Job, q.Of.Target.Dossier, q.Of.Period)
		if !ok || n.may != nil && !n.may(q.Of.Target.Dossier) {
			continue
		}
		if byJob[q.Of.Job] == nil {
			byJob[q.Of.Job] = &batch{source: about.source}
			batches = append(batches, byJob[q.Of.Job])
		}
		b := byJob[q.Of.Job]
		for portion := range slices.Chunk(q.Keys, namesAtOnce) {
			if n.trouble != "" {
				return batches
			}
			if n.asked+len(portion) > mostNames || n.questions == mostQuestions || n.spent > namesIn {
				n.trouble = NamesMany
				return batches
			}
			n.asked, n.questions = n.asked+len(portion), n.questions+1
			b.whom, b.of = append(b.whom, store.Whom{Params: about.params, Keys: portion}), append(b.of, i)
		}
	}
	return batches
}

// joinedNames are those of one matricule, which has several where staging has it twice.
func joinedNames(all []string) string {
	if len(all) > sameKey {
		all = append(all[:sameKey:sameKey], "…")
	}
	return strings.Join(all, " / ")
}

func namesTrouble(err error) NamesTrouble {
	switch {
	case is[*jobs.LockedError](err):
		return NamesLocked
	case is[*jobs.StagingError](err), is[*jobs.RefusedError](err):
		return NamesRefused
	}
	return NamesAway
}

// nameOf is what the columns of a row come to, on one line; "" = nothing that may be shown. Numbers that identify somebody are no name.
func nameOf(parts []string) string {
	var shown []string
	for _, part := range parts {
		if part = plaintext.Legible(part); !plaintext.Blank(part) && !privacy.Identifies(part) {
			shown = append(shown, strings.Fields(part)...)
		}
	}
	name := []rune(privacy.MaskIdentifiers(strings.Join(shown, " ")))
	if len(name) > longestName {
		return strings.TrimSpace(string(name[:longestName])) + "…"
	}
	return string(name)
}

// asked is whom a question for names is about.
type asked struct {
	source jobs.Source
	params mapping.Params
}

// askedOf is false where the job has no columns for names, or is no longer configured.
func (a *App) askedOf(jobName, dossier string, period jobs.Period) (of asked, ok bool) {
	job, err := a.Config.Job(jobName)
	if err != nil || len(job.Source.Display) == 0 {
		return of, false
	}
	d, err := a.Config.Dossier(dossier)
	if err != nil {
		return of, false
	}
	params := jobs.QueryParams(a.Target(a.Config.PartnerOf(job), d), period)
	params["siret"] = d.Siret
	return asked{job.Source, params}, true
}

func (a *App) called(ctx context.Context, source jobs.Source, whom []store.Whom) ([][]store.Called, error) {
	staging, err := a.staging()
	if err != nil || len(whom) == 0 {
		return nil, err
	}
	return staging.Names(ctx, source, whom...)
}

// Match is somebody whom a name may mean.
type Match struct{ Key, Name string }

// MostMatches is how many people are told whom a name may mean. One more is found, so that it can be said that there are others.
const MostMatches = 20

// Why a name leads to nobody.
const (
	SeveralCalled Code = "several-called" // alike, dossier
	NobodyCalled  Code = "nobody-called"  // dossier
	NoNames       Code = "no-names"       // why: of staging
)

// CanFind reports whether what was typed may be the name of an employee of a dossier, and they are found by it.
func (r Records) CanFind(dossier, typed string) bool {
	d, err := r.app.Config.Dossier(dossier)
	if err != nil || !strings.ContainsFunc(typed, unicode.IsLetter) {
		return false
	}
	job, _, err := r.app.pushJobOf(d)
	return err == nil && len(job.Source.Display) > 0
}

// Called are the employees of a dossier whom a name may mean, as staging has them at this moment, at most MostMatches and one: case,
// accents and the order of its words do not count, and a word may be begun alone. Nothing keeps what was asked. Errors: *Refused.
func (r Records) Called(ctx context.Context, of Selection, name string) (matches []Match, err error) {
	d, err := of.One(r.app.Config)
	if err != nil {
		return nil, err
	}
	job, _, err := r.app.pushJobOf(d)
	if err != nil {
		return nil, err
	}
	period, err := of.PeriodOf(job, r.app.Now())
	if err != nil {
		return nil, err
	}
	wanted := plaintext.NewName(name)
	if wanted.Empty() {
		return nil, refuse(NobodyCalled, Args{"dossier": d.Name})
	}
	matches, err = r.meant(ctx, job, d, period, wanted)
	if err == nil && len(matches) == 0 && of.Period == "" { // on the first days of a month staging may still have the one before
		matches, err = r.meant(ctx, job, d, period.Previous(), wanted)
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		return nil, &Refused{NoNames, Args{"why": string(namesTrouble(err))}, err}
	case err != nil:
		return nil, err
	case len(matches) == 0:
		return nil, refuse(NobodyCalled, Args{"dossier": d.Name})
	}
	slices.SortFunc(matches, func(a, b Match) int { return strings.Compare(a.Key, b.Key) })
	return matches, nil
}

// meant reads the names of all employees of a dossier: what was typed goes to no server, whose log may keep it.
func (r Records) meant(ctx context.Context, job config.Job, d config.Dossier, period jobs.Period, wanted plaintext.Name) (matches []Match,
	err error) {
	about, ok := r.app.askedOf(job.Name, d.Name, period)
	if !ok {
		return nil, nil
	}
	staging, err := r.app.staging()
	if err != nil {
		return nil, err
	}
	err = staging.EachName(ctx, about.source, about.params, func(c store.Called) bool {
		called := nameOf(c.Parts)
		one := Match{c.Key, called}
		if called != "" && wanted.Means(called) && !slices.Contains(matches, one) {
			matches = append(matches, one)
		}
		return len(matches) <= MostMatches
	})
	return matches, err
}

// TheOne is the matricule of the only match; several are refused, told by their matricules alone: an error may be kept.
func TheOne(dossier string, matches []Match) (key string, err error) {
	var keys []string
	for _, m := range matches[:min(len(matches), MostMatches)] {
		keys = append(keys, m.Key)
	}
	if keys = Unique(keys); len(keys) == 1 {
		return keys[0], nil
	}
	if len(matches) > MostMatches {
		keys = append(keys, "…")
	}
	return "", refuse(SeveralCalled, Args{"alike": keys, "dossier": dossier})
}
