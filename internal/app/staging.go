package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/staging"
	"syncd/internal/store"
)

// Load is what the payroll software exported, for the default tables of staging.
type Load struct {
	Employees, Elements string // files
	Selection
	Database        string   // a URL; "" = staging's of the configuration
	Separator       string   // "" = found out
	Columns         []string // NAME=HEADING: how files call what staging calls NAME
	Ignored         []string // headings
	WithoutElements bool     // a dossier may have none
	Superuser       bool     // the role may be one
	Dry             bool     // nothing is replaced

	Seen  func(file string, rows int) // hears how far it is
	Read  func(rows int)              // hears that both files are read, and what follows is the database's alone
	Waits func(limit time.Duration)   // hears that somebody else replaces the tables
}

// LoadedFile is a file as it was read.
type LoadedFile struct {
	Name      string `json:"name"`
	Encoding  string `json:"encoding"`
	Separator string `json:"separator"`
	Rows      int    `json:"rows"`
}

// Loaded is what a load made of staging, or would make of it.
type Loaded struct {
	Dry      bool                    `json:"dry"`
	Same     bool                    `json:"same"` // staging had all of it already
	Role     string                  `json:"role"` // of the database
	Files    []LoadedFile            `json:"files"`
	Dossiers []store.ImportedDossier `json:"dossiers"`
}

// LoadStaging replaces, in one transaction, the employees of the dossiers that the files have, and the elements of their months.
func (a *App) LoadStaging(ctx context.Context, o Load) (*Loaded, error) {
	ctx, release := jobs.UntilStopped(ctx, a.door.Stop)
	defer release()
	loaded, err := a.loadStaging(ctx, o)
	if err != nil && Stopped(a.door.Stop) && errors.Is(err, context.Canceled) {
		return nil, errLoadStopped
	}
	return loaded, err
}

// errLoadStopped ends a load that a person stopped.
var errLoadStopped error = hinted.Because(nil, "load.stopped")

func (a *App) loadStaging(ctx context.Context, o Load) (*Loaded, error) {
	options, err := a.loadOptions(o)
	if err != nil {
		return nil, err
	}
	url, err := a.loadURL(o.Database)
	if err != nil {
		return nil, err
	}
	l := &load{Load: o, patience: a.lockWait()}
	defer l.close()
	if err := l.open(options); err != nil {
		return nil, err
	}
	columns := map[string][]string{store.ImportEmployees: staging.Employees.Columns(), store.ImportElements: staging.Elements.Columns()}
	if l.into, err = store.BeginImport(ctx, url, o.Superuser, columns); err != nil {
		return nil, err
	}
	if err := l.gather(ctx); err != nil {
		return nil, err
	}
	return l.replace(ctx, options.Period)
}

// loadOptions are those of the files. An error is a *Refused, or that of an unknown dossier.
func (a *App) loadOptions(o Load) (*staging.Options, error) {
	options := &staging.Options{Columns: map[string]string{}, Ignored: o.Ignored,
		DossierNamed: len(o.Dossiers) > 0, PeriodNamed: o.Period != ""}
	for _, d := range a.Config.AllDossiers {
		options.Known = append(options.Known, d.Name)
	}
	switch dossier, err := o.One(a.Config); {
	case err == nil:
		options.Dossier = dossier.Name
	case len(o.Dossiers) > 0:
		return nil, err
	}
	var err error
	if options.Period, err = a.loadPeriod(o.Selection); err != nil {
		return nil, err
	}
	if options.Period == "" && o.WithoutElements {
		return nil, refuseFor("load.which-period")
	}
	if o.Separator != "" {
		var known bool
		if options.Separator, known = staging.Separators(o.Separator); !known {
			return nil, refuseFor("load.bad-separator", "value", strconv.Quote(o.Separator))
		}
	}
	for _, column := range o.Columns {
		name, heading, found := strings.Cut(column, "=")
		if !found || !staging.HasColumn(name) {
			return nil, refuseFor("load.bad-column", "value", strconv.Quote(name))
		}
		options.Columns[name] = heading
	}
	return options, nil
}

// loadPeriod is the selected month, else that which the only job that sends is about at this moment; "" = there are several, which
// are about several.
func (a *App) loadPeriod(s Selection) (string, error) {
	if s.Period != "" {
		period, err := ParsePeriod(s.Period)
		return string(period), err
	}
	var periods []jobs.Period
	for _, j := range a.Config.Jobs {
		if j.Kind.HasPeriod() {
			periods = append(periods, j.PeriodAt(a.Now()))
		}
	}
	slices.Sort(periods)
	if periods = slices.Compact(periods); len(periods) != 1 {
		return "", nil
	}
	return string(periods[0]), nil
}

// lockWait is how long the jobs that read staging wait for whoever replaces its tables: the longest of them.
func (a *App) lockWait() (longest time.Duration) {
	for _, j := range a.Config.Jobs {
		longest = max(longest, j.Source.LockWait)
	}
	return cmp.Or(longest, jobs.LockWait)
}

// loadURL is where staging is.
func (a *App) loadURL(named string) (string, error) {
	if named != "" {
		if err := config.CheckOpenURL(named); err != nil {
			return "", &Refused{Code: BadValue, Err: err}
		}
		return named, nil
	}
	url, err := a.Config.Database.StagingURL.Read()
	if err != nil {
		return "", &store.ImportError{What: hinted.Say("load.no-url", "cause", err)}
	}
	return url, nil
}

// load is one that is under way.
type load struct {
	Load
	employees, elements *staging.File
	into                *store.Import
	patience            time.Duration // with somebody else who replaces the tables
}

func (l *load) open(options *staging.Options) (err error) {
	if l.employees, err = staging.Open(l.Employees, staging.Employees, options); err != nil {
		return err
	}
	l.elements, err = staging.Open(l.Elements, staging.Elements, options)
	return err
}

func (l *load) close() {
	for _, file := range []*staging.File{l.employees, l.elements} {
		if file != nil {
			file.Close()
		}
	}
	if l.into != nil {
		l.into.Close()
	}
}

// gather brings the rows of both files to the database, where they are compared with each other.
func (l *load) gather(ctx context.Context) error {
	var mistakes staging.Mistakes
	for _, file := range []*staging.File{l.employees, l.elements} {
		err := l.into.Copy(ctx, file.Table.Name, file.Table.Columns(), func(w io.Writer) error {
			return file.Copy(w, &mistakes, func(rows int) { l.Seen(file.Name, rows) })
		})
		if err != nil {
			return err
		}
		if file.Rows == 0 && mistakes.Err() == nil && (file == l.employees || !l.WithoutElements) {
			mistakes.Add(file.NoRow())
		}
	}
	if err := mistakes.Err(); err != nil {
		return err
	}
	l.Read(l.employees.Rows + l.elements.Rows)
	faults, err := l.into.Faults(ctx, l.WithoutElements)
	for _, fault := range faults {
		file, column := l.employees, "matricule"
		if fault.Table == store.ImportElements {
			file = l.elements
		}
		mistakes.Add(file.At(fault.Line, column, fault.Code, "key", fault.Key, "other", fault.Other))
		mistakes.Further(fault.Further)
	}
	return errors.Join(err, mistakes.Err())
}

// replace puts the rows in the place of staging's, unless these are the same.
func (l *load) replace(ctx context.Context, period string) (*Loaded, error) {
	if !l.Dry {
		if err := l.into.Lock(ctx, l.patience, func() { l.Waits(l.patience) }); err != nil {
			return nil, err
		}
	}
	if !l.WithoutElements {
		period = ""
	}
	dossiers, err := l.into.Changes(ctx, staging.Employees.Columns(), period)
	if err != nil {
		return nil, err
	}
	done := &Loaded{Dry: l.Dry, Same: true, Role: l.into.Role, Dossiers: dossiers}
	for i := range dossiers {
		done.Same = done.Same && dossiers[i].Same()
	}
	for _, file := range []*staging.File{l.employees, l.elements} {
		done.Files = append(done.Files, LoadedFile{file.Name, file.Encoding, string(file.Separator), file.Rows})
	}
	if done.Dry || done.Same {
		return done, nil
	}
	return done, l.into.Replace(ctx, staging.Employees.Columns(), staging.Elements.Columns())
}
