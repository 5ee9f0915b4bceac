package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newCheck(p process, flags *globalFlags) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Tell whether everything is ready for a run, and what is not",
		Long: `Check the configuration, the secrets, the ledger, the role's rights, what staging's queries
return against the mapping and whether they find anybody, as a run would ask them, and, unless --offline, that the API
answers for each dossier. Nothing is written. Of each dossier the first 1000 employees are read, to tell what looks damaged
in which column; nothing of them is shown.

What syncd assumes about Isidoor (verbs, field names, the place of the dossier key) is compared
with the API's contract where there is one ('syncd contract'); with --offline, with the last one
that was seen. Where there is none, compare [isidoor] and [job.fields] with Isidoor's Swagger page.`,
		Example: `  syncd check
  syncd check --offline --json`,
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *app, _ []string) error {
			c := &checker{app: a, offline: offline}
			c.everything(ctx)
			return c.conclude()
		}),
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "do not ask the API")
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

// finding is one line of the check.
type finding struct {
	Level   string `json:"level"` // ok, note, warning, error
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}

// checkRetryFor is how long the check waits for an absent API, and for a table of staging that is being replaced.
const checkRetryFor = 5 * time.Second

type checker struct {
	*app
	offline  bool
	findings []finding
	code     int
	ledger   *store.Store      // nil when it cannot be used
	told     *repeats[finding] // of the dossiers that are gone through; nil = none are
}

func (c *checker) ok(subject, format string, args ...any) {
	c.add(finding{Level: "ok", Subject: subject, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) fail(subject string, err error) {
	text, hint := splitHint(err.Error())
	if words := jobs.Words(err); words != "" {
		text += "; its words: " + words
	}
	c.code = worse(c.code, exitCode(err))
	c.add(finding{Level: "error", Subject: subject, Text: text, Hint: hint})
}

func (c *checker) add(f finding) {
	c.findings = append(c.findings, f)
	if c.flags.json || c.again(f) {
		return
	}
	c.print(f)
}

func (c *checker) print(f finding) {
	sign := map[string]string{"ok": "ok  ", "note": "note", "warning": "warn", "error": "FAIL"}[f.Level]
	fmt.Fprintf(c.Stdout, "%s  %-22s %s\n", sign, f.Subject, f.Text)
	if f.Hint != "" {
		fmt.Fprintf(c.Stdout, "%28s hint: %s\n", "", f.Hint)
	}
}

func (c *checker) everything(ctx context.Context) {
	c.configuration()
	c.databases(ctx)
	for _, job := range c.config.Jobs {
		if job.Kind.Sends() {
			c.mapping(ctx, job)
		}
	}
	c.schedules(ctx)
	if c.offline {
		c.contract(ctx, nil)
	} else {
		c.api(ctx)
	}
}

func (c *checker) configuration() {
	c.ok("configuration", "%s: %d dossiers, %d jobs, environment %s", c.config.File, len(c.config.AllDossiers), len(c.config.Jobs), c.config.Isidoor.Environment)
	for _, w := range c.config.Warnings {
		text, hint := splitHint(w.String())
		c.add(finding{Level: "warning", Subject: "configuration", Text: text, Hint: hint})
	}
	unread := c.config.Unreadable()
	for _, p := range unread {
		c.fail("secrets", &strict.Error{Problems: []strict.Problem{p}})
	}
	if unread == nil {
		c.ok("secrets", "%d secrets can be read", len(c.config.Secrets()))
	}
}

func (c *checker) databases(ctx context.Context) {
	ledger, err := c.app.ledger(ctx)
	switch {
	case err == nil:
		c.ledger = ledger
		c.ok("ledger", "reachable, migrated, and made with this ledger key")
		c.formerKey()
	case !c.rekeyIsDue(err):
		c.fail("ledger", err)
	}
	c.watermark(ctx)
	c.inspect(ctx, "ledger", c.config.Database.URL)
	if c.config.Database.StagingApart() {
		c.inspect(ctx, "staging", c.config.Database.StagingURL)
	}
}

// formerKey tells that nothing needs the former key any more, once the ledger has the new one.
func (c *checker) formerKey() {
	if !c.config.Database.FormerKey.IsZero() {
		c.add(finding{Level: "warning", Subject: "ledger", Text: "nothing is sealed with the former key any more, and ledger_key_former still names it",
			Hint: "take ledger_key_former out of [database], delete the former key, and restart the service"})
	}
}

// rekeyIsDue tells that a change of the ledger key was prepared, and not begun.
func (c *checker) rekeyIsDue(err error) bool {
	var other *store.KeyError
	if !errors.As(err, &other) || c.config.Database.FormerKey.IsZero() {
		return false
	}
	former, err := keysOf(c.config.FormerKey)
	if err != nil || former.ID != other.Registered {
		return false
	}
	c.code = worse(c.code, exitConfiguration)
	c.add(finding{Level: "error", Subject: "ledger", Text: "the ledger still has the former key: it is not changed yet",
		Hint: "stop the service, then: syncd rekey --reason …"})
	return true
}

// watermark tells whether a ledger that is put back would be noticed, or was.
func (c *checker) watermark(ctx context.Context) {
	if c.ledger == nil {
		return
	}
	watch, err := c.ledger.Watch(ctx)
	const subject, lost = "ledger", "had the ledger been put back with its files, nobody would notice; the next run or daemon keeps a file from then on"
	switch {
	case watch.PutBack != nil:
		c.code = worse(c.code, exitHeld)
		c.add(finding{Level: "error", Subject: subject, Text: watch.PutBack.String(),
			Hint: "compare with the partner what was sent since; the next run is held, and all pushes are paused until 'syncd unpause'"})
	case errors.Is(err, fs.ErrPermission): // another user's, who executes runs
	case err != nil:
		c.add(finding{Level: "warning", Subject: subject, Text: firstLine(err.Error()), Hint: lost})
	case watch.Folder == "" && c.config.Isidoor.Environment == "production":
		c.add(finding{Level: "note", Subject: subject, Text: "no file outside of the database says how far it has come: a ledger that is put back with its files goes unnoticed",
			Hint: "name a folder: watermark of [database]"})
	case watch.Folder != "" && watch.Since.IsZero() && watch.Due:
		c.add(finding{Level: "warning", Subject: subject, Text: "there is no watermark of it in " + watch.Folder, Hint: lost})
	case !watch.Since.IsZero():
		c.ok(subject, "were it put back, that would be noticed (watched since %s)", report.Minute(watch.Since.In(c.config.Zone())))
	}
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
	c.findingsOf(subject, findings)
}

func (c *checker) findingsOf(subject string, findings []store.Finding) {
	for _, f := range findings {
		level := "warning"
		switch {
		case f.Error:
			level, c.code = "error", worse(c.code, exitConfiguration)
		case f.Note:
			level = "note"
		}
		c.add(finding{Level: level, Subject: subject, Text: f.Text, Hint: f.Hint})
	}
}

// api asks the partner whom each key opens.
func (c *checker) api(ctx context.Context) {
	connection, err := c.connection(checkRetryFor)
	if err != nil {
		c.fail("API", err)
		return
	}
	c.contract(ctx, connection) // it may say how calls are made
	defer c.eachDossier()()
	for _, d := range c.config.AllDossiers {
		if len(c.flags.dossiers) > 0 && !slices.Contains(c.flags.dossiers, d.Name) {
			continue
		}
		if err := c.identity(ctx, connection, d); err != nil {
			c.fail("API/"+d.Name, err)
			continue
		}
		if err := c.codes(ctx, connection, d); err != nil {
			c.fail("API/"+d.Name, err)
		}
	}
}

func (c *checker) identity(ctx context.Context, connection *isidoor.Connection, d config.Dossier) error {
	key, err := d.Key.Read()
	if err != nil {
		return err
	}
	answered, err := connection.Dossier(key).Identity(ctx)
	switch {
	case err != nil:
		return err
	case answered == "":
		c.add(finding{Level: "warning", Subject: "API/" + d.Name, Text: "the API answers, but does not tell for whom",
			Hint: "two swapped keys would not be seen; set isidoor.dossier.identity if its answer holds the SIRET"})
	case answered != d.Siret:
		return &jobs.IdentityError{Dossier: d.Name, Want: d.Siret, Answered: answered}
	default:
		c.ok("API/"+d.Name, "the key opens the dossier of SIRET %s", answered)
	}
	return nil
}

// codes asks for the nomenclatures where a job pulls them: whether the answer can be read, and is whole.
func (c *checker) codes(ctx context.Context, connection *isidoor.Connection, d config.Dossier) error {
	pulled := slices.ContainsFunc(c.config.Jobs, func(j config.Job) bool {
		return j.Kind.PullsCodes() && j.Covers(d.Name)
	})
	if !pulled {
		return nil
	}
	key, err := d.Key.Read()
	if err != nil {
		return err
	}
	_, err = connection.Dossier(key).Dictionary(ctx)
	return err
}

func (c *checker) conclude() error {
	if c.flags.json {
		encoder := json.NewEncoder(c.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(c.findings); err != nil && !is[*outputError](err) {
			return err
		}
	}
	return withCode(c.code)
}
