package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
	"syncd/internal/report"
	"syncd/internal/report/locale"
	"syncd/internal/store"
)

// app is one command's use of the product: what it opens, it closes, last first.
type app struct {
	process
	flags    *globalFlags
	log      zerolog.Logger
	config   *config.Config
	runs     int                    // executed at once; 0 = one
	resend   string                 // why everyone is to be sent again; "" = only what differs
	failedOf int64                  // the run whose undelivered employees are to go; 0 = none
	verify   verifyOptions          // what is done about edits of the other side
	observe  func(httpcall.Attempt) // hears of each call of the API
	marked   func(time.Time)        // hears since when the ledger's watermark is kept, zero = it is not; nil = not a daemon
	cleanups []func()
}

// open reads the configuration. Close the app.
func (p process) open(flags *globalFlags) (*app, error) {
	log, err := p.logger(flags.logLevel)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(flags.configPath(p.Getenv), p.Getenv)
	if err != nil {
		return nil, err
	}
	return &app{process: p, flags: flags, log: log, config: c}, nil
}

// withApp is a command's work that stands on the configuration.
func (p process) withApp(flags *globalFlags, work func(ctx context.Context, a *app, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a, err := p.open(flags)
		if err != nil {
			return err
		}
		defer a.close()
		return work(cmd.Context(), a, args)
	}
}

// withLedger is a command's work that also stands on what is recorded in the open.
func (p process) withLedger(flags *globalFlags, work func(ctx context.Context, a *app, ledger *store.Store, args []string) error) func(*cobra.Command, []string) error {
	return p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
		ledger, err := a.readLedger(ctx)
		if err != nil {
			return err
		}
		return work(ctx, a, ledger, args)
	})
}

// decision is a command's work that decides something: the trail names the configuration that it was decided with.
type decision func(ctx context.Context, a *app, ledger *store.Store, args []string) error

// withDecision opens what is recorded in the open.
func (p process) withDecision(flags *globalFlags, work decision) func(*cobra.Command, []string) error {
	return p.deciding(flags, (*app).readLedger, work)
}

// withKeyedDecision opens the ledger with its key: what lets something go, or touches what is sealed, takes it.
func (p process) withKeyedDecision(flags *globalFlags, work decision) func(*cobra.Command, []string) error {
	return p.deciding(flags, (*app).ledger, work)
}

func (p process) deciding(flags *globalFlags, open func(*app, context.Context) (*store.Store, error), work decision) func(*cobra.Command, []string) error {
	return p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
		ledger, err := open(a, ctx)
		if err != nil {
			return err
		}
		if err := ledger.SetConfiguration(ctx, a.config.Digest()); err != nil {
			return err
		}
		return work(ctx, a, ledger, args)
	})
}

func (a *app) close() {
	for i := len(a.cleanups) - 1; i >= 0; i-- {
		a.cleanups[i]()
	}
}

// ledger opens the ledger with the keys that fingerprints and sealed documents need.
func (a *app) ledger(ctx context.Context) (*store.Store, error) {
	secret, err := a.config.LedgerKey()
	if err != nil {
		return nil, err
	}
	keys, err := store.NewKeys(secret)
	if err != nil {
		return nil, err
	}
	return a.openLedger(ctx, keys)
}

// readLedger opens the ledger for commands that only show what is recorded in the open.
func (a *app) readLedger(ctx context.Context) (*store.Store, error) { return a.openLedger(ctx, nil) }

// readDiffs opens the ledger with its key where that can be read, for what is recorded sealed.
func (a *app) readDiffs(ctx context.Context) (*store.Store, error) {
	if _, err := a.config.LedgerKey(); err != nil {
		fmt.Fprintln(a.Stderr, "syncd: the fields of new employees are not shown:", err)
		return a.readLedger(ctx)
	}
	return a.ledger(ctx)
}

func (a *app) openLedger(ctx context.Context, keys *store.Keys) (*store.Store, error) {
	url, err := a.config.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{URL: url, Keys: keys, Version: version, Lease: a.config.Database.Lease, Runs: a.runs, Watermark: a.watermark()})
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, s.Close)
	return s, nil
}

// watermark is where this process keeps in mind how far the ledger has come. Whoever may not write into a folder that the
// configuration does not name is another user than the service's, which keeps one.
func (a *app) watermark() store.Watermark {
	folder, chosen := a.config.Database.WatermarkFolder(a.Getenv)
	w := store.Watermark{Folder: folder, Pushes: a.pushes(), PutBack: func(p store.PutBack) {
		a.log.Error().Int64("knows", p.Known).Int64("seen", p.Seen).Strs("paused", p.Paused).
			Msg(p.String() + ": compare with the partner; these jobs are paused until 'syncd unpause', and their runs are held")
	}}
	w.Since = a.marked
	w.Trouble = func(err error) {
		if err != nil && a.marked != nil {
			a.marked(time.Time{})
		}
		if err != nil && (a.marked != nil || chosen || !errors.Is(err, fs.ErrPermission)) {
			a.log.Warn().Str("trouble", firstLine(err.Error())).Msg("a ledger that is put back with its files may go unnoticed")
		}
	}
	return w
}

// pushes are the jobs that pay people.
func (a *app) pushes() (names []string) {
	for _, j := range a.config.Jobs {
		if j.Kind.Sends() {
			names = append(names, j.Name)
		}
	}
	return names
}

func (a *app) staging() (*store.Staging, error) {
	url, err := a.config.Database.StagingURL.Read()
	waits := func(table string, limit time.Duration) {
		a.log.Warn().Str("table", table).Dur("lock_wait", limit).Msg("staging is being replaced: waiting until its tables are free")
	}
	staging := &store.Staging{URL: url, Waits: waits}
	staging.KeepSessions()
	a.cleanups = append(a.cleanups, staging.Close)
	return staging, err
}

// connection prepares the HTTP client that all dossiers share. retryFor bounds how long an absent API is tried.
func (a *app) connection(retryFor time.Duration) (*isidoor.Connection, error) {
	c, _, err := a.dial(retryFor, false)
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, c.Close)
	return c, nil
}

// sharing is connection for those who ask for many things at once: where the configuration says so, within what all
// processes of the ledger may ask for together.
func (a *app) sharing() (*isidoor.Connection, error) {
	c, done, err := a.dial(a.config.Isidoor.RetryFor, a.config.Isidoor.LimitsOfLedger)
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, done)
	return c, nil
}

// allowance is this process's part of the limits of requests.
func (a *app) allowance() (*store.Allowance, error) {
	url, err := a.config.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	return store.OpenAllowance(url, a.config.Isidoor.BaseURL, a.config.Isidoor.MaxInFlight)
}

// dial opens a connection, which done closes. shares: within what all processes of the ledger may ask for together.
func (a *app) dial(retryFor time.Duration, shares bool) (c *isidoor.Connection, done func(), err error) {
	options, err := a.partner(retryFor)
	if err != nil {
		return nil, nil, err
	}
	end := func() {}
	if shares {
		allowance, err := a.allowance()
		if err != nil {
			return nil, nil, err
		}
		options.Allowance, end = allowance, allowance.Close
	}
	if c, err = isidoor.Open(options); err != nil {
		end()
		return nil, nil, err
	}
	return c, func() { c.Close(); end() }, nil
}

// partner is how the partner is reached.
func (a *app) partner(retryFor time.Duration) (o isidoor.Options, err error) {
	i := a.config.Isidoor
	secret, err := i.ClientSecret.Read()
	if err != nil {
		return o, err
	}
	fixed, err := a.fixed()
	if err != nil {
		return o, err
	}
	return isidoor.Options{
		Options: httpcall.Options{
			BaseURL: i.BaseURL, Headers: fixed[0], Query: fixed[1], CAFile: i.CAFile,
			MaxInFlight: i.MaxInFlight, RatePerSecond: i.RatePerSecond, RequestTimeout: i.RequestTimeout, ConnectTimeout: i.ConnectTimeout,
			RetryFor: retryFor, TechnicalTries: i.TechnicalTries, RetryAfterCap: i.RetryAfterCap,
			ResendAmbiguous: i.Salarie.Semantics == jobs.Replace,
			Runs:            min(max(a.runs, 1), jobs.SendingAtOnce(i.MaxInFlight)), Observe: a.observe,
			Waits: a.waits(), Log: a.log, UserAgent: "syncd/" + version,
		},
		ClientCredentials: httpcall.ClientCredentials{TokenURL: i.TokenURL, ClientID: i.ClientID, ClientSecret: secret, Scope: i.OAuthScope},
		KeyIn:             i.DossierKey.In, KeyName: i.DossierKey.Name,
		Dossier:      isidoor.DossierEndpoint(i.Dossier),
		Dictionnaire: isidoor.DictionnaireEndpoint(i.Dictionnaire),
		Salarie:      isidoor.SalarieEndpoint{Method: i.Salarie.Method, Path: i.Salarie.Path},
		Read:         readEndpoint(i.Salarie.Read),
		Answer:       (*httpcall.AnswerRules)(i.Salarie.Answer),
	}, nil
}

// fixed are the headers and the query parameters that go with every call.
func (a *app) fixed() (all [2][]httpcall.Fixed, err error) {
	for n, parts := range [][]config.Fixed{a.config.Isidoor.Headers, a.config.Isidoor.Query} {
		for _, f := range parts {
			value, err := f.Read()
			if err != nil {
				return all, err
			}
			all[n] = append(all[n], httpcall.Fixed{Name: f.Name, Value: value, Secret: !f.Secret.IsZero()})
		}
	}
	return all, nil
}

func readEndpoint(r *config.ReadEndpoint) *isidoor.ReadEndpoint {
	if r == nil {
		return nil
	}
	return &isidoor.ReadEndpoint{Method: r.Method, Path: r.Path, Document: r.Document}
}

// partnerName is what targets call the partner whom syncd talks to.
const partnerName = "isidoor"

func (a *app) target(d config.Dossier) jobs.Target {
	return jobs.Target{Partner: partnerName, Environment: a.config.Isidoor.Environment, BaseURL: a.config.Isidoor.BaseURL,
		Dossier: d.Name, Identity: d.Siret, Siret: d.Siret}
}

func (a *app) language() locale.Language { return locale.Language(a.config.Language(a.Getenv)) }

func (a *app) printer() *report.Printer {
	labels, zones := map[string]string{}, map[string]*time.Location{}
	for _, d := range a.config.AllDossiers {
		labels[d.Name] = d.Label
	}
	for _, j := range a.config.Jobs {
		zones[j.Name] = j.Zone()
	}
	return report.New(a.language(), report.Options{Partner: partnerName, Color: isTerminal(a.Stdout) && a.Getenv("NO_COLOR") == "", Location: a.config.Zone(), Zones: zones, Labels: labels})
}

// worst runs work for each dossier and returns the worst of their codes; an error of one does not keep the others from
// their turn, unless a person asked to stop.
func (a *app) worst(dossiers []config.Dossier, work func(config.Dossier) (int, error)) error {
	code := exitDone
	told := mistakes{w: a.Stderr}
	defer told.end()
	for i, d := range dossiers {
		if i > 0 && !a.flags.json {
			fmt.Fprintln(a.Stdout)
		}
		c, err := work(d)
		if err != nil {
			c = exitCode(err)
			if len(dossiers) == 1 {
				return err
			}
			told.tell(d.Name, err)
		}
		code = worse(code, c)
		if left := len(dossiers) - 1 - i; left > 0 && stopped(a.Stop) {
			return a.notTried(code, left)
		}
	}
	return withCode(code)
}

// answered tells of a database that said why it cannot be used just now: that may be of one dossier alone.
func answered(err error) bool {
	var passing *store.UnreachableError
	return errors.As(err, &passing) && passing.SQLState != ""
}

// notTried tells how many dossiers a command left out.
func (a *app) notTried(code, left int) error {
	fmt.Fprintf(a.Stderr, "syncd: not tried: %d more of the job's dossiers\n", left)
	return withCode(worse(code, exitIncomplete))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}
