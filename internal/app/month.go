package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Months tell where payroll months stand, for every door: nothing else decides whether a month has gone. Nothing is changed.
type Months struct{ app *App }

// Months is where it is asked whether a month has gone.
func (a *App) Months() Months { return Months{a} }

// MonthsOf selects months.
type MonthsOf struct {
	Dossiers []string    // none = all that a job sends, and those that are no longer configured and have something of these months
	Period   jobs.Period // the newest; "" = that of each dossier's job at this moment, and of one month alone the one that counts now
	Months   int         // how many, backwards: at least 1
	Causes   bool        // with what is wrong with several of them
}

// mostMonths is as far back as months are looked at together.
const mostMonths = 36

// Why months cannot be told.
const (
	NoMonths Code = "no-months" // n, most
)

// Month tells of one month of one dossier; "" is the period that its job has at this moment. Errors: *Refused.
func (m Months) Month(ctx context.Context, dossier string, period jobs.Period) (view.Months, error) {
	return m.Fleet(ctx, MonthsOf{Dossiers: []string{dossier}, Period: period, Months: 1})
}

// Fleet tells of months of dossiers: who needs a person first. Errors: *Refused, *config.UnknownError.
func (m Months) Fleet(ctx context.Context, of MonthsOf) (view.Months, error) {
	if of.Months < 1 || of.Months > mostMonths {
		return view.Months{}, refuse(NoMonths, Args{"n": of.Months, "most": mostMonths})
	}
	p, err := m.app.documents()
	if err != nil {
		return view.Months{}, err
	}
	st, err := m.app.Records().ledger(ctx)
	if err != nil {
		return view.Months{}, err
	}
	f := &monthly{app: m.app, of: of, now: m.app.Now(), at: m.app.Target(p, config.Dossier{})}
	if err := f.choose(ctx, st); err != nil {
		return view.Months{}, err
	}
	if err := f.read(ctx, st); err != nil {
		return view.Months{}, err
	}
	all := view.Months{Now: f.now, Periods: f.periods, Rows: f.rows()}
	daemons, err := alive(ctx, st)
	all.Alive = slices.ContainsFunc(daemons, func(d ledger.Daemon) bool {
		return slices.ContainsFunc(f.toSend(), func(name string) bool { return has(d, name) })
	})
	if err != nil || !of.Causes {
		return all, err
	}
	all.Causes, err = m.causes(ctx, st, all.Rows)
	return all, err
}

// monthly gathers what is told of months.
type monthly struct {
	app     *App
	of      MonthsOf
	now     time.Time
	at      jobs.Target
	names   namesNow
	sending []sending
	chosen  []chosen
	targets map[string]jobs.Target    // by dossier; those of the ledger
	former  map[string][]jobs.Target  // those that a dossier had while it was called otherwise
	first   map[string]jobs.Period    // likewise, the first that each has a run of
	periods []jobs.Period             // the newest first
	months  map[monthOf]*ledger.Month // by what a dossier is called now
	dues    map[dueOf]time.Time
}

// sending is a job that sends documents, with what is the same for all of its dossiers.
type sending struct {
	config.Job
	next   time.Time
	period jobs.Period // of that fire
	paused *ledger.Pause
}

// chosen is a dossier whose months are told.
type chosen struct {
	name       string
	configured bool
	jobs       []*sending
	period     jobs.Period // the newest that is told
}

type monthOf struct {
	dossier string
	period  jobs.Period
}

type dueOf struct {
	job    string
	period jobs.Period
}

// choose finds the dossiers and months that are asked for.
func (f *monthly) choose(ctx context.Context, st *store.Store) error {
	known, first, err := st.TargetsAt(ctx, f.at)
	if err != nil {
		return err
	}
	f.names = f.app.namesNow()
	f.know(known, first)
	pauses, err := pausesOf(ctx, st)
	if err != nil {
		return err
	}
	for _, j := range f.app.Config.Jobs {
		if j.Kind.Sends() {
			f.sending = append(f.sending, f.job(j, pauses))
		}
	}
	for _, d := range f.app.Config.AllDossiers {
		if len(f.of.Dossiers) > 0 && !slices.Contains(f.of.Dossiers, d.Name) {
			continue
		}
		c := f.dossier(d.Name, true)
		if len(c.jobs) == 0 && len(f.of.Dossiers) > 0 {
			if _, sent := f.targets[d.Name]; !sent {
				return refuse(NobodySends, Args{"dossier": d.Name})
			}
		}
		if _, sent := f.targets[d.Name]; sent || len(f.former[d.Name]) > 0 || len(c.jobs) > 0 {
			f.chosen = append(f.chosen, c)
		}
	}
	return f.chooseOthers(known)
}

func (f *monthly) job(j config.Job, pauses map[string]ledger.Pause) sending {
	s := sending{Job: j}
	if pause, paused := pauses[j.Name]; paused {
		s.paused = &pause
	}
	if j.Schedule != nil {
		if s.next = j.Schedule.Next(f.now); !s.next.IsZero() {
			s.period = j.PeriodIn(s.next, j.Schedule.Location())
		}
	}
	return s
}

func (f *monthly) dossier(name string, configured bool) chosen {
	c := chosen{name: name, configured: configured, period: f.of.Period}
	for i := range f.sending {
		if configured && f.sending[i].Covers(name) {
			c.jobs = append(c.jobs, &f.sending[i])
		}
	}
	if c.period == "" && len(c.jobs) > 0 {
		c.period = c.jobs[0].PeriodAt(f.now)
	}
	if c.period == "" && len(f.sending) > 0 {
		c.period = f.sending[0].PeriodAt(f.now)
	}
	if c.period == "" {
		c.period = jobs.PeriodOf(f.now.In(f.app.Config.Zone()))
	}
	return c
}

// know keeps which targets the ledger has, each by the name that its dossier has now, with the first period of each.
func (f *monthly) know(known []jobs.Target, first []jobs.Period) {
	f.targets, f.first = map[string]jobs.Target{}, map[string]jobs.Period{}
	for i, t := range known {
		f.targets[t.Dossier], f.first[t.Dossier] = t, first[i]
	}
	f.former = f.names.former(known)
	for i, t := range known {
		if name := f.names.of(t); name != t.Dossier {
			if before := first[i]; before != "" && (f.first[name] == "" || before < f.first[name]) {
				f.first[name] = before
			}
		}
	}
}

// chooseOthers adds dossiers that are no longer configured: what is open of them nobody goes on with.
func (f *monthly) chooseOthers(known []jobs.Target) error {
	for _, t := range known {
		if !f.names.known[t.Dossier] && (len(f.of.Dossiers) == 0 && f.names.of(t) == t.Dossier || slices.Contains(f.of.Dossiers, t.Dossier)) {
			f.chosen = append(f.chosen, f.dossier(t.Dossier, false))
		}
	}
	for _, name := range f.of.Dossiers {
		if !slices.ContainsFunc(f.chosen, func(c chosen) bool { return c.name == name }) {
			_, err := f.app.Config.Dossier(name)
			return err
		}
	}
	if len(f.chosen) == 0 {
		return refuse(NobodySendsThese, nil)
	}
	newest := slices.MaxFunc(f.chosen, func(a, b chosen) int { return cmp.Compare(a.period, b.period) }).period
	for range f.of.Months {
		f.periods = append(f.periods, newest)
		newest = newest.Previous()
	}
	return nil
}

// toSend are the jobs that send what is told of; of dossiers that no job sends any more, all.
func (f *monthly) toSend() (names []string) {
	for i := range f.chosen {
		for _, j := range f.chosen[i].jobs {
			names = append(names, j.Name)
		}
	}
	if len(names) == 0 {
		return f.app.sendingJobs("")
	}
	return names
}

// read asks the ledger for the months, and no others: where there is one month, each dossier has its own.
func (f *monthly) read(ctx context.Context, st *store.Store) error {
	periods := slices.Clone(f.periods)
	var dossiers []ledger.Lineage
	for i := range f.chosen {
		name := f.chosen[i].name
		dossiers = append(dossiers, ledger.Lineage{Target: f.target(name), Former: f.former[name]})
		for _, period := range f.periodsOf(&f.chosen[i]) {
			if !slices.Contains(periods, period) {
				periods = append(periods, period)
			}
		}
	}
	f.months, f.dues = map[monthOf]*ledger.Month{}, map[dueOf]time.Time{}
	months, err := st.Months(ctx, dossiers, periods)
	for _, m := range months {
		f.months[monthOf{m.Target.Dossier, m.Period}] = m
	}
	return err
}

// target is that of a dossier as it is called now; without a number where the ledger has none.
func (f *monthly) target(dossier string) jobs.Target {
	t, known := f.targets[dossier]
	if !known {
		t = f.at
		t.Dossier = dossier
	}
	return t
}

// rows are the dossiers, those that need a person first. One that is no longer configured is told where something of it is there.
func (f *monthly) rows() []view.MonthRow {
	var rows []view.MonthRow
	for i := range f.chosen {
		c := &f.chosen[i]
		row := view.MonthRow{Dossier: c.name, Configured: c.configured}
		told := c.configured || len(f.of.Dossiers) > 0
		for _, period := range f.periodsOf(c) {
			entry := f.entry(c, period)
			told = told || !entry.State.Over() && entry.State != ledger.MonthNone
			row.Months = append(row.Months, entry)
		}
		if f.of.Period == "" {
			row.Stand()
		}
		if f.of.Months == 1 {
			row.Former, row.Months = false, []view.MonthEntry{*row.Standing()}
		}
		if told {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b view.MonthRow) int { return cmp.Compare(a.Standing().Urgency(), b.Standing().Urgency()) })
	return rows
}

func (f *monthly) periodsOf(c *chosen) []jobs.Period {
	switch {
	case f.of.Months > 1:
		return f.periods
	case f.of.Period == "":
		return []jobs.Period{c.period, c.period.Previous()}
	}
	return []jobs.Period{c.period}
}

func (f *monthly) entry(c *chosen, period jobs.Period) view.MonthEntry {
	m := f.months[monthOf{c.name, period}]
	if m == nil {
		m = &ledger.Month{Target: f.target(c.name), Period: period, Missing: []ledger.Missing{{Kind: ledger.MissingAll}}}
	}
	e := view.MonthEntry{Month: m, State: m.State(), Configured: c.configured,
		Implied: len(c.jobs) > 0 && c.jobs[0].PeriodAt(f.now) == period}
	for _, j := range c.jobs {
		e.Jobs = append(e.Jobs, j.Name)
		if due := f.due(j, period); !due.IsZero() && (e.Due.IsZero() || due.Before(e.Due)) {
			e.Due = due
		}
		switch {
		case j.paused != nil && e.Paused == nil:
			e.Paused = j.paused
		case j.paused == nil && !j.next.IsZero() && j.period == period && (e.Next.IsZero() || j.next.Before(e.Next)):
			e.Next, e.NextJob = j.next, j.Name
		}
	}
	e.Late = f.late(c, &e)
	return e
}

// late reports whether a month should have gone. One before the first of its dossier was not syncd's to send; of a dossier without
// any, last month is the first that can be late.
func (f *monthly) late(c *chosen, e *view.MonthEntry) bool {
	if e.Due.IsZero() || !f.now.After(e.Due) || e.State.Over() {
		return false
	}
	first := f.first[c.name]
	if first == "" {
		first = c.jobs[0].PeriodAt(f.now).Previous()
	}
	return e.Period >= first
}

func (f *monthly) due(j *sending, period jobs.Period) time.Time {
	key := dueOf{j.Name, period}
	due, known := f.dues[key]
	if !known {
		due = j.DueOf(period)
		f.dues[key] = due
	}
	return due
}
