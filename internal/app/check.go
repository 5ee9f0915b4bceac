package app

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner"
	"syncd/internal/store"
)

// Level is how much a finding matters.
type Level string

// The levels, from what is well to what must be mended.
const (
	OK      Level = "ok"
	Note    Level = "note"
	Warning Level = "warning"
	Failure Level = "error"
)

// Finding is one thing that a check tells.
type Finding struct {
	Level   Level
	Subject string // a job, or what was looked at
	Dossier string // "" = it is of none
	Code    Code   // what was found; "" = it is Err, or has words of its own
	Args    Args
	Err     error // what kept the check from finding out, or is wrong
	Advice  *Advice
	What    hinted.Fact // of Postgres; "" = it is no such thing
	Text    string      // the words of what was asked: the configuration
	Hint    string
}

// Class is what a finding means for whoever waits for all to be ready.
func (f *Finding) Class() Class {
	switch {
	case f.Level != Failure:
		return Done
	case f.Err != nil:
		return Of(f.Err)
	case f.Code == LedgerPutBack || f.Code == LedgerRestored:
		return Waiting
	}
	return Misconfigured
}

// Barred reports whether somebody else would not have met it; see the function of that name.
func (f *Finding) Barred() bool { return f.What.Code == "inspect.inspect-rights" || Barred(f.Err) }

// What a check finds of the configuration, the ledger and the API.
const (
	Configured      Code = "configured"   // file, dossiers, jobs, environment
	SecretsRead     Code = "secrets-read" // n
	LedgerReady     Code = "ledger-ready"
	FormerKeyIdle   Code = "former-key-idle" // nothing needs it any more
	RekeyDue        Code = "rekey-due"       // a change of the ledger key was prepared, and not begun
	LedgerPutBack   Code = "ledger-put-back" // known, seen: the newest runs that it and this machine know
	LedgerRestored  Code = "ledger-restored"
	WatermarkLost   Code = "watermark-lost"   // trouble
	WatermarkNone   Code = "watermark-none"   // no folder is named
	WatermarkUnkept Code = "watermark-unkept" // folder
	WatermarkKept   Code = "watermark-kept"   // since
	WatermarkFolder Code = "watermark-folder" // folder, trouble
	NotTold         Code = "not-told"         // the API answers, and does not tell for whom
	KeyOpens        Code = "key-opens"        // siret
	IssuerAnswers   Code = "issuer-answers"   // name
)

// Checking says what is looked at.
type Checking struct {
	Selection
	Offline bool // no partner is asked
	Again   bool // also with a secret that a partner refused within a day
}

// Check reports whether everything is ready for a run, and what is not, as it finds out. Nothing is written.
func (a *App) Check(ctx context.Context, of Checking, tell func(Finding)) {
	c := &checker{App: a, of: of, tell: tell}
	c.everything(ctx)
}

type checker struct {
	*App
	of     Checking
	tell   func(Finding)
	ledger *store.Store // nil when it cannot be used
}

func (c *checker) find(level Level, subject string, code Code, args Args) {
	c.tell(Finding{Level: level, Subject: subject, Code: code, Args: args})
}

func (c *checker) fail(subject string, err error) {
	c.tell(Finding{Level: Failure, Subject: subject, Err: err})
}

func (c *checker) everything(ctx context.Context) {
	c.configuration()
	c.databases(ctx)
	for _, job := range c.Config.Jobs {
		if job.Kind.Sends() {
			c.mapping(ctx, job)
		}
	}
	c.schedules(ctx)
	c.alerts(ctx)
	c.issuer(ctx)
	if c.of.Offline {
		c.contract(ctx, nil)
	} else {
		c.api(ctx)
	}
	c.partners(ctx)
}

func (c *checker) configuration() {
	const subject = "configuration"
	c.find(OK, subject, Configured, Args{"file": c.Config.File, "dossiers": len(c.Config.AllDossiers), "jobs": len(c.Config.Jobs),
		"environment": strings.Join(c.Config.Environments(), ", ")})
	for _, w := range c.Config.Warnings {
		c.tell(Finding{Level: Warning, Subject: subject, Err: &strict.Error{Problems: []strict.Problem{w}}})
	}
	unread := c.Config.Unreadable()
	for _, p := range unread {
		c.fail("secrets", &strict.Error{Problems: []strict.Problem{p}})
	}
	if unread == nil {
		c.find(OK, "secrets", SecretsRead, Args{"n": len(c.Config.Secrets())})
	}
}

// issuer asks who says who signs in on the page. No run waits for that.
func (c *checker) issuer(ctx context.Context) {
	const subject = "web"
	client := c.Issuer()
	if client == nil || c.of.Offline {
		return
	}
	if err := client.Check(ctx); err != nil {
		c.tell(Finding{Level: Warning, Subject: subject, Err: err})
		return
	}
	c.find(OK, subject, IssuerAnswers, Args{"name": client.Host()})
}

func (c *checker) databases(ctx context.Context) {
	const subject = "ledger"
	st, err := c.keyedLedger(ctx)
	switch {
	case err == nil:
		c.ledger = st
		c.find(OK, subject, LedgerReady, nil)
		if !c.Config.Database.FormerKey.IsZero() {
			c.find(Warning, subject, FormerKeyIdle, nil)
		}
	case c.rekeyIsDue(err):
		c.find(Failure, subject, RekeyDue, nil)
	default:
		c.fail(subject, err)
	}
	c.watched(ctx)
	c.inspect(ctx, subject, c.Config.Database.URL)
	if c.Config.Database.StagingApart() {
		c.inspect(ctx, "staging", c.Config.Database.StagingURL)
	}
}

// rekeyIsDue reports whether a change of the ledger key was prepared, and not begun.
func (c *checker) rekeyIsDue(err error) bool {
	var other *store.KeyError
	if !errors.As(err, &other) || c.Config.Database.FormerKey.IsZero() {
		return false
	}
	former, err := keysOf(c.Config.FormerKey)
	return err == nil && former.ID == other.Registered
}

// watched reports whether a ledger that is put back would be noticed, or was.
func (c *checker) watched(ctx context.Context) {
	const subject = "ledger"
	if folder, chosen := c.Config.Database.WatermarkFolder(c.door.Getenv); chosen {
		if err := writable(folder); err != nil {
			c.find(Failure, subject, WatermarkFolder, Args{"folder": folder, "trouble": err.Error()})
			return
		}
	}
	if c.ledger == nil {
		return
	}
	watch, err := c.ledger.Watch(ctx)
	switch {
	case watch.PutBack != nil && watch.PutBack.Seen > watch.PutBack.Known:
		c.find(Failure, subject, LedgerPutBack, Args{"known": watch.PutBack.Known, "seen": watch.PutBack.Seen})
	case watch.PutBack != nil:
		c.find(Failure, subject, LedgerRestored, nil)
	case errors.Is(err, fs.ErrPermission): // another user's, who executes runs
	case err != nil:
		c.find(Warning, subject, WatermarkLost, Args{"trouble": hinted.FirstLine(err.Error())})
	case watch.Folder == "" && slices.ContainsFunc(c.Config.Partners, func(p config.Partner) bool { return p.Environment == "production" }):
		c.find(Note, subject, WatermarkNone, nil)
	case watch.Folder != "" && watch.Since.IsZero() && watch.Due:
		c.find(Warning, subject, WatermarkUnkept, Args{"folder": watch.Folder})
	case !watch.Since.IsZero():
		c.find(OK, subject, WatermarkKept, Args{"since": watch.Since.In(c.Config.Zone())})
	}
}

// writable is why files cannot be made in a folder by whoever runs this; nil = they can.
func writable(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return errors.Unwrap(err) // without the path
	case !info.IsDir():
		return unix.ENOTDIR
	}
	return unix.Access(folder, unix.W_OK|unix.X_OK)
}

func (c *checker) inspect(ctx context.Context, subject string, reference config.DatabaseURL) {
	url, err := reference.Read()
	if err != nil {
		return // told among the secrets
	}
	findings, err := store.Inspect(ctx, url, jobs.Database(subject))
	if err != nil && (subject != "ledger" || c.ledger != nil) {
		c.fail(subject, err)
	}
	c.inspected(subject, "", findings)
}

func (c *checker) inspected(subject, dossier string, findings []store.Finding) {
	for _, f := range findings {
		level := Warning
		switch {
		case f.Error:
			level = Failure
		case f.Note:
			level = Note
		}
		c.tell(Finding{Level: level, Subject: subject, Dossier: dossier, What: f.What})
	}
}

// api asks the partner whom each key opens.
func (c *checker) api(ctx context.Context) {
	const subject = "API"
	p := c.Config.Documents()
	if p == nil {
		return
	}
	connection, err := c.connection(p, answerWithin)
	if err != nil {
		c.fail(subject, err)
		return
	}
	c.contract(ctx, connection)
	for _, d := range c.Config.AllDossiers {
		if d.Key.IsZero() || len(c.of.Dossiers) > 0 && !slices.Contains(c.of.Dossiers, d.Name) {
			continue
		}
		f, err := c.identity(ctx, connection, d)
		if err == nil {
			f.Subject, f.Dossier = subject, d.Name
			c.tell(f)
			err = c.codes(ctx, connection, d)
		}
		if err != nil {
			c.tell(Finding{Level: Failure, Subject: subject, Dossier: d.Name, Err: err})
		}
	}
}

func (c *checker) identity(ctx context.Context, connection partner.Connection, d config.Dossier) (Finding, error) {
	key, err := d.Key.Read()
	if err != nil {
		return Finding{}, err
	}
	answered, err := connection.Dossier(key).Identity(ctx)
	switch {
	case err != nil:
		return Finding{}, err
	case answered == "":
		return Finding{Level: Warning, Code: NotTold}, nil
	case answered != d.Siret:
		return Finding{}, &jobs.IdentityError{Dossier: d.Name, Want: d.Siret, Answered: answered}
	}
	return Finding{Level: OK, Code: KeyOpens, Args: Args{"siret": answered}}, nil
}

// codes asks for the nomenclatures where a job pulls them: whether the answer can be read, and is whole.
func (c *checker) codes(ctx context.Context, connection partner.Connection, d config.Dossier) error {
	pulled := slices.ContainsFunc(c.Config.Jobs, func(j config.Job) bool { return j.Kind.PullsCodes() && j.Covers(d.Name) })
	if !pulled {
		return nil
	}
	key, err := d.Key.Read()
	if err != nil {
		return err
	}
	_, err = connection.Dossier(key).Nomenclatures(ctx)
	return err
}

// What a check finds of schedules and daemons.
const (
	JobPaused     Code = "job-paused"     // job, by, since, reason
	NextFire      Code = "next-fire"      // job, next
	AddressTaken  Code = "address-taken"  // address
	DaemonDiffers Code = "daemon-differs" // host, pid
	NoDaemon      Code = "no-daemon"
	DaemonsAlive  Code = "daemons-alive" // n
	RunOutside    Code = "run-outside"   // run, job, dossier, state
)

// schedules tells what comes next, and whether somebody is there to execute it.
func (c *checker) schedules(ctx context.Context) {
	scheduled := c.fires(ctx)
	if c.ledger == nil {
		return
	}
	c.purge(ctx)
	if err := c.outside(ctx); err != nil {
		c.fail("queue", err)
	}
	if scheduled == 0 {
		return
	}
	daemons, err := alive(ctx, c.ledger)
	if err != nil {
		c.fail("daemon", err)
		return
	}
	c.daemons(daemons)
	c.monitoring(ctx, daemons)
}

// fires tells of each scheduled job when it starts next, and returns how many there are.
func (c *checker) fires(ctx context.Context) (scheduled int) {
	const subject = "schedule"
	paused, err := c.paused(ctx)
	if err != nil {
		c.fail(subject, err)
	}
	for _, j := range c.Config.Jobs {
		if j.Schedule == nil {
			continue
		}
		scheduled++
		if p, ok := paused[j.Name]; ok {
			c.find(Warning, subject, JobPaused, Args{"job": j.Name, "by": p.By, "since": p.Since.In(j.Zone()), "reason": p.Why()})
			continue
		}
		c.find(OK, subject, NextFire, Args{"job": j.Name, "next": j.Schedule.Next(time.Now()).In(j.Zone())})
	}
	return scheduled
}

// paused are the paused jobs, by name.
func (c *checker) paused(ctx context.Context) (map[string]ledger.Pause, error) {
	if c.ledger == nil {
		return nil, nil
	}
	return pausesOf(ctx, c.ledger)
}

// purge tells that what is past its time is not deleted.
func (c *checker) purge(ctx context.Context) {
	const subject = "retention"
	held, err := c.ledger.HeldPurge(ctx)
	if err != nil {
		c.fail(subject, err)
	}
	if held != nil {
		c.tell(Finding{Level: Warning, Subject: subject, Err: held})
	}
}

// monitoring warns when something else answers where a daemon of this machine would be watched.
func (c *checker) monitoring(ctx context.Context, daemons []ledger.Daemon) {
	address, network := c.Config.Daemon.Listen, "tcp"
	if path, isSocket := strings.CutPrefix(address, "unix:"); isSocket {
		address, network = path, "unix"
	}
	host, err := os.Hostname()
	ours := slices.ContainsFunc(daemons, func(d ledger.Daemon) bool { return d.Host == host })
	if address == "" || ours || err != nil {
		return
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return // nobody is there
	}
	_ = conn.Close() // nothing was said
	c.find(Warning, "daemon", AddressTaken, Args{"address": c.Config.Daemon.Listen})
}

func (c *checker) daemons(alive []ledger.Daemon) {
	const subject = "daemon"
	for _, d := range alive {
		if c.differs(d) {
			c.find(Warning, subject, DaemonDiffers, Args{"host": d.Host, "pid": d.PID})
		}
	}
	if len(alive) == 0 {
		c.find(Warning, subject, NoDaemon, nil)
		return
	}
	c.find(OK, subject, DaemonsAlive, Args{"n": len(alive)})
}

// outside tells of runs that are open and of no job and dossier of this configuration: a job was renamed, a dossier taken out.
// Newer periods may wait for them.
func (c *checker) outside(ctx context.Context) error {
	pairs, _, err := c.pairs(ctx, c.ledger)
	if err != nil {
		return err
	}
	outside, err := c.ledger.Outside(ctx, pairs)
	for _, run := range outside {
		state := run.State
		if run.Interrupted {
			state = "interrupted"
		}
		c.find(Warning, "queue", RunOutside, Args{"run": run.ID, "job": run.Job, "dossier": run.Target.Dossier, "state": state})
	}
	return err
}
