package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

// What a check finds of a job and one of its dossiers.
const (
	QueriesFit       Code = "queries-fit"
	NotPulledYet     Code = "not-pulled-yet"    // names
	NotLookedUp      Code = "not-looked-up"     // names: the ledger cannot be used
	NobodyStaged     Code = "nobody-staged"     // period
	SpelledOtherwise Code = "spelled-otherwise" // period, as
	NoElements       Code = "no-elements"       // period
	Damaged          Code = "damaged"           // finding: of jobs
	DamagedFirst     Code = "damaged-first"     // finding; first: of so many employees
	PostalNumber     Code = "postal-number"     // path
	Taken            Code = "taken"             // path, kind: of mapping
	TakenUnguarded   Code = "taken-unguarded"   // path, kind
	PeopleByValues   Code = "people-by-values"  // two that are one person are seen by valid numbers only
	PeopleUnseen     Code = "people-unseen"     // not at all
	AmountUnweighed  Code = "amount-unweighed"  // path
	AmountsAsText    Code = "amounts-as-text"   // paths, example
	NoAmounts        Code = "no-amounts"
	LimitIdle        Code = "limit-idle"      // limit, passes, staff
	DisplayMissing   Code = "display-missing" // name, names: of columns
)

// jobChecker looks at one job and one of its dossiers.
type jobChecker struct {
	*checker
	job    config.Job
	push   *jobs.PushJob
	d      config.Dossier
	period jobs.Period
}

func (c *jobChecker) find(level Level, code Code, args Args) {
	c.tell(Finding{Level: level, Subject: c.job.Name, Dossier: c.d.Name, Code: code, Args: args})
}

func (c *jobChecker) fail(err error) {
	c.tell(Finding{Level: Failure, Subject: c.job.Name, Dossier: c.d.Name, Err: err})
}

func (c *jobChecker) target() jobs.Target { return c.Target(c.Config.PartnerOf(c.job), c.d) }

// params are what the queries are asked with.
func (c *jobChecker) params() map[string]string {
	params := jobs.QueryParams(c.target(), c.period)
	params["siret"] = c.d.Siret
	return params
}

// mapping checks the queries of a job and its mapping for each dossier.
func (c *checker) mapping(ctx context.Context, job config.Job) {
	if _, err := c.staging(); err != nil { // once, and not for each dossier
		c.fail(job.Name, err)
		return
	}
	push, err := c.Config.PushJob(job.Name)
	if err != nil {
		c.fail(job.Name, err)
		return
	}
	push.Source.LockWait = min(push.Source.LockWait, answerWithin)
	dossiers, period, err := c.of.Of(c.Config, job, c.Now())
	if err != nil {
		c.fail(job.Name, err)
		return
	}
	for _, d := range dossiers {
		one := &jobChecker{c, job, &push, d, period}
		one.check(ctx)
	}
}

func (c *jobChecker) check(ctx context.Context) {
	mapped, findings, err := c.compile(ctx)
	readable := !slices.ContainsFunc(findings, func(f store.Finding) bool { return f.Error }) // else it would fail for what is told below
	if err != nil {
		readable = c.mappingProblems(err) && readable
	} else if readable {
		nobody, err := c.nobody(ctx)
		switch {
		case err != nil:
			c.fail(err)
		case !nobody:
			c.find(OK, QueriesFit, nil)
		}
		c.idleGuards(mapped)
	}
	c.inspected(c.job.Name, c.d.Name, findings)
	if readable {
		c.values(ctx)
	}
	if err := c.limits(ctx); err != nil {
		c.fail(err)
	}
}

// compile binds the mapping to what staging returns. findings are about the tables that are read.
func (c *jobChecker) compile(ctx context.Context) (mapped *mapping.Mapping, findings []store.Finding, err error) {
	staging, nomenclatures, err := c.lookAt(ctx, c.ledger, c.push, c.d, c.period)
	if err != nil {
		return nil, nil, err
	}
	c.display(staging.Shape.Employee)
	mapped, err = mapping.Compile(c.push.Mapping, staging.Shape, nomenclatures, jobs.QueryParams(c.target(), c.period))
	return mapped, staging.Findings, err
}

// display warns of columns for names that the query of employees does not have: runs go without.
func (c *jobChecker) display(columns []mapping.Column) {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	for _, column := range c.push.Source.Display {
		if !slices.Contains(names, column) {
			c.find(Warning, DisplayMissing, Args{"name": column, "names": names})
		}
	}
}

// mappingProblems tells all that is wrong with a mapping. Nomenclatures that are yet to be pulled are a warning: a first
// check comes before the first pull. It reports whether that is all: rows can be read all the same.
func (c *jobChecker) mappingProblems(err error) (readable bool) {
	var missing []string
	readable = true
	for _, one := range leaves(err) {
		var nomenclature *mapping.NomenclatureError
		if errors.As(one, &nomenclature) {
			missing = append(missing, nomenclature.Names...)
			continue
		}
		c.fail(one)
		readable = false
	}
	if missing == nil {
		return readable
	}
	slices.Sort(missing)
	code := NotPulledYet
	if c.ledger == nil {
		code = NotLookedUp
	}
	c.find(Warning, code, Args{"names": slices.Compact(missing)})
	return readable
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // errors.Join's own form
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, leaves(one)...)
	}
	return all
}

// nobody warns of a dossier of which staging holds no employee now, and tells how else staging may spell its name.
func (c *jobChecker) nobody(ctx context.Context) (bool, error) {
	staging, err := c.staging()
	if err != nil {
		return false, err
	}
	params := c.params()
	found, err := staging.Spellings(ctx, c.push.Source, params, []string{c.d.Name})
	if err != nil || len(found) > 0 {
		return false, err
	}
	code, args := NobodyStaged, Args{"period": c.period}
	spelled, err := staging.Spellings(ctx, c.push.Source, params, otherSpellings(c.d))
	if err == nil && len(spelled) > 0 {
		code, args["as"] = SpelledOtherwise, spelled[0]
	}
	c.find(Warning, code, args)
	return true, err
}

// otherSpellings are names under which somebody may have loaded a dossier into staging.
func otherSpellings(d config.Dossier) []string {
	words := strings.FieldsFunc(d.Name, func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	capitals := make([]string, len(words))
	for i, word := range words {
		first, size := utf8.DecodeRuneInString(word)
		capitals[i] = strings.ToUpper(string(first)) + word[size:]
	}
	const siren = 9
	names := []string{d.Label, d.Siret, d.Siret[:min(siren, len(d.Siret))], d.Name + " ", " " + d.Name}
	for _, separator := range []string{"-", " ", "_", "", "."} {
		joined := strings.Join(words, separator)
		names = append(names, joined, strings.ToLower(joined), strings.ToUpper(joined), strings.Join(capitals, separator))
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == d.Name || name == "" })
}

// checkedStaff is how many employees of a dossier the check reads: who has more learns from a plan what the rest holds.
const checkedStaff = 1000

// values looks at the first employees of staging, and warns of what a run would tell as a notice once it is sent.
func (c *jobChecker) values(ctx context.Context) {
	staging, err := c.staging()
	if err != nil {
		return // told before
	}
	look, err := plan.LookAt(ctx, staging, c.push, c.params(), checkedStaff)
	if err != nil {
		for _, one := range leaves(err) {
			c.fail(one)
		}
		return
	}
	if look.All && look.Employees > 0 && look.Elements == 0 && len(c.push.Mapping.Children) > 0 {
		c.find(Warning, NoElements, Args{"period": c.period})
	}
	for _, f := range look.Findings {
		code, args := Damaged, Args{"finding": f}
		if !look.All {
			code, args["first"] = DamagedFirst, look.Employees
		}
		c.find(Warning, code, args)
	}
	for _, path := range look.Postal {
		c.find(Warning, PostalNumber, Args{"path": path})
	}
	for _, found := range look.Recognised {
		level, code := Note, Taken
		if !found.Guarded {
			level, code = Warning, TakenUnguarded
		}
		c.find(level, code, Args{"path": found.Path, "kind": found.Kind})
	}
}

// idleGuards warns of guards that have nothing to look at, unless somebody wants it so.
func (c *jobChecker) idleGuards(mapped *mapping.Mapping) {
	if g := &c.push.Guards; g.UniqueFields == nil {
		code := PeopleByValues
		if !g.Recognise {
			code = PeopleUnseen
		}
		c.find(Warning, code, nil)
	}
	c.idleAmounts(mapped)
}

// idleAmounts warns where no amount can be weighed, or only texts that look like some.
func (c *jobChecker) idleAmounts(mapped *mapping.Mapping) {
	g, children := &c.push.Guards, c.push.Mapping.Children
	onPurpose := g.AmountFields != nil && len(g.AmountFields) == 0 || g.MaxAmount == 0 && g.CodeTotals.Off
	if onPurpose || len(children) == 0 {
		return
	}
	var numbers, texts []string
	for i := range children {
		for _, q := range mapped.Quantities(i) {
			path := children[i].Path + "." + q.Path
			if q.Text {
				texts = append(texts, path)
			} else {
				numbers = append(numbers, path)
			}
		}
	}
	for _, path := range g.AmountFields {
		if !slices.Contains(numbers, path) && !slices.Contains(texts, path) {
			c.find(Warning, AmountUnweighed, Args{"path": path})
		}
	}
	switch {
	case g.AmountFields != nil || len(numbers) > 0:
	case len(texts) > 0:
		c.find(Warning, AmountsAsText, Args{"paths": texts, "example": texts[0]})
	default:
		c.find(Warning, NoAmounts, nil)
	}
}

// limits warns of guards that can never trip for a dossier: they let as many pass as its last finished run read. Before
// there is one nothing is known of its size, and nothing is said.
func (c *jobChecker) limits(ctx context.Context) error {
	if c.ledger == nil {
		return nil
	}
	target, known, err := c.ledger.Target(ctx, c.target())
	if err != nil || !known {
		return err
	}
	history, err := c.ledger.History(ctx, target.ID, c.period)
	if err != nil || history.Last == nil {
		return err
	}
	c.idleLimits(history.Last.Employees)
	return nil
}

// idleLimits is about the limits on a part of the staff: of newly created employees there can be any number.
func (c *jobChecker) idleLimits(staff int) {
	guards := &c.push.Guards
	for _, of := range []struct {
		key   string
		limit jobs.Limit
	}{
		{"max_updated", guards.Updated}, {"max_departed", guards.Departed}, {"max_duplicates", guards.Duplicates}, {"max_fall", guards.Fall},
	} {
		if passes := of.limit.Of(staff); staff > 0 && !of.limit.Off && passes >= staff && !toldOfFile(of.limit) {
			c.find(Warning, LimitIdle, Args{"limit": of.key, "passes": passes, "staff": staff})
		}
	}
}

// toldOfFile tells of limits that never trip whatever the dossier: reading the configuration warns of them.
func toldOfFile(l jobs.Limit) bool { return l.Count == jobs.NoCount && l.Share == 1 }
