package config

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
	"syncd/internal/schedule"
)

// Job is a configured job. What belongs to other kinds is zero.
type Job struct {
	Name         string
	Kind         jobs.Kind
	Schedule     *schedule.Schedule // nil = by hand only
	Timezone     string
	DossierNames []string        // as written: ["*"] or names; of jobs that read records always names
	Missed       schedule.Policy // what is done about fires that no daemon was there for
	MissedWindow time.Duration   // how old such a fire may be
	Deadline     time.Duration   // how long a run of the daemon waits for an API that is away
	HoldExpires  time.Duration   // how long what is held waits for a person
	Ping         Ping

	// of jobs that send
	Period  string        // "current" or "previous"
	Due     *schedule.Due `json:",omitempty"` // by when a month is to be sent; nil = nobody says
	Source  jobs.Source
	Mapping mapping.Spec
	Guards  jobs.Guards

	// of jobs that pull nomenclatures
	MaxWithdrawn float64 // share, 0 to 1

	// of jobs that read records
	Partner     string   `json:",omitempty"`
	Collections []string `json:",omitempty"` // nil = all
	MaxGone     float64  `json:",omitempty"` // share, 0 to 1

	location *time.Location
	unmapped []strict.Problem // what of the mapping is yet to be written: until then the job cannot be executed
}

// Zone is that of its schedule.
func (j Job) Zone() *time.Location { return j.location }

// PeriodAt is the period of a run that starts at now, on the clock of the job's time zone; pulls have none.
func (j Job) PeriodAt(now time.Time) jobs.Period { return j.PeriodIn(now, j.location) }

// PeriodIn is the same by the clock of any zone: a fire that a former schedule owes belongs to the zone of that one.
func (j Job) PeriodIn(at time.Time, zone *time.Location) jobs.Period {
	if !j.Kind.HasPeriod() {
		return ""
	}
	period := jobs.PeriodOf(at.In(zone))
	if j.Period == "previous" {
		return period.Previous()
	}
	return period
}

// DueOf is by when a period is to be sent; zero = nobody says. A job of the previous month sends it in the one that follows.
func (j Job) DueOf(period jobs.Period) time.Time {
	if j.Due == nil || period == "" {
		return time.Time{}
	}
	month := period.Start()
	if j.Period == "previous" {
		month = month.AddDate(0, 1, 0)
	}
	return j.Due.In(month.Year(), month.Month())
}

// surroundings are what jobs refer to elsewhere in the file.
type surroundings struct {
	*Config  // but for its jobs
	sections []Section
	dossiers []string
}

// kinds are those of jobs that partners take part in.
func (around surroundings) kinds() (names []string) {
	for _, s := range around.sections {
		for _, kind := range kindNames(s.Kinds) {
			if !slices.Contains(names, kind) {
				names = append(names, kind)
			}
		}
	}
	return names
}

// takes reports where nobody that is configured takes part in jobs of a kind. Others name their partner.
func (around surroundings) takes(t *strict.Table, kind jobs.Kind) bool {
	for _, s := range around.sections {
		if !s.Listed && slices.Contains(s.Kinds, kind) && around.takers[kind] == nil {
			t.Report("kind", strict.Say("kind-of-nobody", "table", s.Name))
			return false
		}
	}
	return true
}

func readJobs(tables []*strict.Table, around surroundings) []Job {
	var list []Job
	names := map[string]bool{}
	for _, t := range tables {
		j := readJob(t, names, around)
		if t.Mistakes() == 0 {
			refuseOverlap(t, &j, list, around.dossiers)
		}
		list = append(list, j)
	}
	return list
}

// refuseOverlap refuses two pushes to one dossier that may make different documents of the same people. What was sent is
// known by dossier, not by job: each of them would take whoever only the other one reads as gone, and put its own document
// in the place of the other's. Of two queries nobody can prove that they never find the same people; jobs that read and map
// alike, and differ in schedule, period or guards, make the same documents.
func refuseOverlap(t *strict.Table, j *Job, others []Job, dossiers []string) {
	for i := range others {
		other := &others[i]
		if !j.Kind.Sends() || !other.Kind.Sends() || len(j.unmapped)+len(other.unmapped) > 0 || sameDocuments(j, other) {
			continue
		}
		for _, d := range dossiers {
			if j.Covers(d) && other.Covers(d) {
				t.Report("name", strict.Say("jobs-overlap", "dossier", d, "job", other.Name))
				return
			}
		}
	}
}

// sameDocuments reports whether two jobs read and map alike. White space in queries does not count, nor what people call things.
func sameDocuments(a, b *Job) bool {
	return reflect.DeepEqual(a.Mapping.Unlabelled(), b.Mapping.Unlabelled()) && slices.Equal(a.reads(), b.reads())
}

// reads are the queries and keys by which documents are read.
func (j *Job) reads() []string {
	parts := []string{j.Source.Employees, j.Source.Key}
	for _, c := range j.Source.Children {
		parts = append(parts, c.Rows, c.Employee)
	}
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	return parts
}

// forms is how jobs of each kind are written: by the keys that others do not have.
var forms = map[jobs.Kind]struct {
	others string // code of what is said of the keys of others
	alone  string // of its own keys elsewhere; "" = what is said there
	keys   []string
	read   func(*strict.Table, *Job, surroundings)
}{
	jobs.PushSalaries:     {"idle-in-push", "", []string{"period", "due", "source", "fields", "children", "guard"}, readPush},
	jobs.PullDictionnaire: {"idle-in-pull", "", []string{"max_withdrawn"}, readPull},
	jobs.PullRecords:      {"idle-in-records", "records-alone", []string{"partner", "collections", "max_gone"}, readFetch},
}

func readJob(t *strict.Table, taken map[string]bool, around surroundings) Job {
	defer t.Finish()
	j := Job{
		Name:         t.Name("job", taken),
		Kind:         jobs.Kind(t.RequiredChoice("kind", around.kinds()...)),
		DossierNames: readDossierNames(t, "dossiers", around.dossiers),
		Missed: schedule.Policy(t.Choice("missed", string(schedule.Latest), string(schedule.Skip),
			string(schedule.Latest), string(schedule.All))),
		MissedWindow: t.Duration("missed_window", 92*strict.Day, time.Minute, 400*strict.Day),
		Deadline:     t.Duration("deadline", 6*time.Hour, 0, 7*strict.Day),
		HoldExpires:  t.Duration("hold_expires", 7*strict.Day, time.Hour, 90*strict.Day),
		Ping:         readPing(t.Table("ping")),
	}
	j.Timezone, j.location = readTimezone(t, "timezone")
	if t.Has("schedule") {
		j.Schedule = readSchedule(t, "schedule", t.Required("schedule", strict.Say("write-schedule")), j.Timezone, around.Daemon.ClosedDays)
	} else {
		t.Take("schedule")
	}
	own, known := forms[j.Kind]
	for kind, other := range forms {
		switch {
		case !known: // reported; which keys belong here is not known
			t.Know(other.keys...)
		case kind != j.Kind:
			t.Refuse(strict.Say(cmp.Or(other.alone, own.others)), other.keys...)
		}
	}
	switch {
	case known && around.takes(t, j.Kind):
		own.read(t, &j, around)
	case known:
		t.Know(own.keys...)
	}
	return j
}

func kindNames(kinds []jobs.Kind) (names []string) {
	for _, kind := range kinds {
		names = append(names, string(kind))
	}
	return names
}

func readPull(t *strict.Table, j *Job, _ surroundings) {
	j.MaxWithdrawn = t.Number("max_withdrawn", 0.2, 0, 1)
}

func readFetch(t *strict.Table, j *Job, around surroundings) {
	var known []string
	for i := range around.Partners {
		if around.Partners[i].Pull != nil {
			known = append(known, around.Partners[i].Name)
		}
	}
	j.MaxGone = t.Number("max_gone", 0.2, 0, 1)
	j.Partner = t.Required("partner", strict.Suggest("", known, strict.Say("add-partner")))
	p := around.PartnerNamed(j.Partner)
	switch {
	case j.Partner == "":
	case p == nil && around.strange: // it may be the one that was told of
	case p == nil:
		t.Report("partner", strict.Say("no-partner"), strict.Suggest(plaintext.Nearest(j.Partner, known), known, strict.Say("add-partner")))
	case p.Pull == nil:
		t.Report("partner", strict.Say("nothing-read-there"), strict.Suggest("", known, strict.Say("add-partner")))
	default:
		j.Collections = readCollections(t, "collections", p.Pull.Collections)
		around.chooseDossiers(t, j)
		return
	}
	j.Partner = ""
	t.Know("collections")
}

// readCollections are names out of those that a partner has; nil = all.
func readCollections(t *strict.Table, key string, all []jobs.Collection) (names []string) {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return nil
	}
	var known []string
	for i := range all {
		known = append(known, all[i].Name)
	}
	if len(list.Items) == 0 {
		t.Report(key, strict.Say("empty"), strict.Say("leave-out-for-all", "known", known))
	}
	for _, at := range t.Texts(key, list, strict.Say("known", "known", known)) {
		switch name := at.Node.Text; {
		case !slices.Contains(known, name):
			at.Report("", strict.Say("no-collection"), strict.Suggest(plaintext.Nearest(name, known), known, hinted.Fact{}))
		case slices.Contains(names, name):
			at.Report("", strict.Say("twice"))
		default:
			names = append(names, name)
		}
	}
	return names
}

// chooseDossiers makes names of those that have a section for the partner of a job: others have nothing there.
func (around surroundings) chooseDossiers(t *strict.Table, j *Job) {
	var having, others []string
	for _, d := range around.AllDossiers {
		if _, has := d.Sections[j.Partner]; has {
			having = append(having, d.Name)
		} else {
			others = append(others, d.Name)
		}
	}
	if !slices.Contains(j.DossierNames, "*") {
		refuseNamed(t, "dossiers", others, j.Partner)
		return
	}
	j.DossierNames = having
	switch {
	case len(having) == 0:
		t.Report("partner", strict.Say("no-dossier-there"), strict.Say("add-section", "name", j.Partner))
	case len(others) > 0:
		t.Warn("dossiers", strict.Say("left-out", "dossiers", others, "name", j.Partner))
	}
}

// refuseNamed refuses those that are named in a list.
func refuseNamed(t *strict.Table, key string, refused []string, partner string) {
	for _, at := range t.Items(key, t.Node.Members[key]) {
		if at.Node.Kind == strict.KindText && slices.Contains(refused, at.Node.Text) {
			at.Report("", strict.Say("without-section", "name", partner), strict.Say("add-section", "name", partner))
		}
	}
}

func readPush(t *strict.Table, j *Job, around surroundings) {
	j.Period = t.Choice("period", "current", "current", "previous")
	if t.Has("due") {
		j.Due = readDue(t, "due", j.Timezone, around.Daemon.ClosedDays)
	}
	children := t.Tables("children")
	j.Source = readSource(t, children, count(j.DossierNames, around.dossiers))
	j.Source.Zone = j.Timezone
	before := t.Mistakes()
	j.Mapping, j.unmapped = readMapping(t, children, j.Name)
	var mapped *mapping.Spec
	if t.Mistakes() == before && len(j.unmapped) == 0 {
		mapped = &j.Mapping
	}
	j.Guards = readGuard(t.Table("guard"), &j.Source, mapped, &around.takers[j.Kind].Documents)
	for _, child := range children {
		child.Finish()
	}
}

// dossiers is ["*"], or names out of known.
func readDossierNames(t *strict.Table, key string, known []string) []string {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return []string{"*"}
	}
	if len(list.Items) == 0 {
		t.Report(key, strict.Say("empty"), strict.Say("write-star"))
	}
	var names []string
	named, configured := map[string]bool{}, map[string]bool{"*": true}
	for _, name := range known {
		configured[name] = true
	}
	for _, at := range t.Texts(key, list, strict.Say("write-names")) {
		switch name := at.Node.Text; {
		case name == "*" && len(list.Items) > 1:
			at.Report("", strict.Say("star-alone"))
		case !configured[name]:
			at.Report("", strict.Say("no-dossier"), strict.Suggest(plaintext.Nearest(name, known), known, strict.Say("add-dossier")))
		case named[name]:
			at.Report("", strict.Say("twice"))
		default:
			names, named[name] = append(names, name), true
		}
	}
	return names
}

// count is the number of dossiers that names stand for.
func count(names, known []string) int {
	if slices.Contains(names, "*") {
		return len(known)
	}
	return len(names)
}

func jobNames(list []Job) []string {
	names := make([]string, len(list))
	for i, j := range list {
		names[i] = j.Name
	}
	return names
}

// Covers reports whether the job concerns the dossier of that name.
func (j Job) Covers(dossier string) bool {
	return slices.Contains(j.DossierNames, "*") || slices.Contains(j.DossierNames, dossier)
}

// PushJob is the job of that name, of a kind that sends, with its whole mapping. An error is an *UnknownError or an
// *Error.
func (c *Config) PushJob(name string) (jobs.PushJob, error) {
	j, err := c.jobThat(name, jobs.Kind.Sends)
	if err == nil && len(j.unmapped) > 0 {
		err = &strict.Error{Problems: j.unmapped[:1]} // one draft mends them all
	}
	if err != nil {
		return jobs.PushJob{}, err
	}
	return c.DraftJob(name)
}

// DraftJob is the same for a job whose members need not be mapped yet: its queries can be described, and it must not be
// executed. Of its mapping there is what is written; of guards that name members nothing where the mapping is not whole.
func (c *Config) DraftJob(name string) (jobs.PushJob, error) {
	j, err := c.jobThat(name, jobs.Kind.Sends)
	if err != nil {
		return jobs.PushJob{}, err
	}
	p := c.PartnerOf(j)
	return jobs.PushJob{
		Name: j.Name, Source: j.Source, Mapping: j.Mapping,
		Semantics: p.Documents.Semantics, Scope: p.Documents.Scope, Send: p.Documents.Send,
		Call:        p.Documents.Call,
		MaxInFlight: p.MaxInFlight, StopAfter: p.StopAfter, RequestTimeout: p.RequestTimeout,
		Guards: j.Guards, ReadBack: p.Documents.ReadBack,
		ConfigDigest: c.Digest(),
	}, nil
}

// PullJob is the job of that name, of a kind that pulls nomenclatures. An error is an *UnknownError or an *Error.
func (c *Config) PullJob(name string) (jobs.PullJob, error) {
	j, err := c.jobThat(name, jobs.Kind.PullsCodes)
	if err != nil {
		return jobs.PullJob{}, err
	}
	return jobs.PullJob{Name: j.Name, MaxWithdrawn: j.MaxWithdrawn, ConfigDigest: c.Digest()}, nil
}

// FetchJob is the job of that name, of a kind that reads records, for one of its dossiers. An error is an *UnknownError or an
// *Error.
func (c *Config) FetchJob(name, dossier string) (jobs.FetchJob, error) {
	j, err := c.jobThat(name, jobs.Kind.Fetches)
	if err != nil {
		return jobs.FetchJob{}, err
	}
	d, err := c.Dossier(dossier)
	if err != nil {
		return jobs.FetchJob{}, err
	}
	p := c.PartnerOf(j)
	job := jobs.FetchJob{Name: j.Name, Partner: p.Name, Acknowledge: p.Pull.Acknowledge, MaxFile: p.Pull.MaxFile, MaxGone: j.MaxGone,
		StopAfter: p.StopAfter, Customer: d.Sections[p.Name].Customer, ConfigDigest: c.Digest()}
	if job.PasswordSet = p.PasswordSet(&d); !job.PasswordSet.IsZero() {
		job.PasswordWarn, job.PasswordDays = p.Pull.Password.Warn, p.Pull.Password.Days
	}
	for _, one := range p.Pull.Collections {
		if j.Collections == nil || slices.Contains(j.Collections, one.Name) {
			job.Collections = append(job.Collections, one)
		}
	}
	return job, nil
}

func (c *Config) jobThat(name string, does func(jobs.Kind) bool) (Job, error) {
	j, err := c.Job(name)
	if err != nil || does(j.Kind) {
		return j, err
	}
	var fitting []string
	for _, other := range c.Jobs {
		if does(other.Kind) {
			fitting = append(fitting, other.Name)
		}
	}
	kinds := kindNames(jobs.KindsThat(does))
	next := strict.Say("add-job", "kinds", hinted.Choices(kinds))
	if len(fitting) > 0 {
		next = strict.Say("jobs-of-kind", "jobs", fitting)
	}
	return Job{}, &strict.Error{Problems: []strict.Problem{{File: c.File, Key: "job." + name + ".kind",
		Fact: strict.Say("other-job-kind", "kind", j.Kind, "kinds", kinds), Next: next}}}
}

// Ping is the addresses that a watcher of dead jobs wants to be asked for, when a run of a job begins and ends.
type Ping struct {
	Started, Done, Failed PingURL
}

// secrets are those that the addresses are kept as.
func (p Ping) secrets() []strict.Secret {
	var secrets []strict.Secret
	for _, u := range []PingURL{p.Started, p.Done, p.Failed} {
		if !u.Reference.IsZero() {
			secrets = append(secrets, u.Reference)
		}
	}
	return secrets
}

// PingURL is an address in the open or by reference: with most services, whoever knows it can speak for the job.
type PingURL struct {
	Open      string
	Reference strict.Secret // where to read it when Open is empty
}

// IsZero tells that none is configured.
func (u PingURL) IsZero() bool { return u.Open == "" && u.Reference.IsZero() }

// Read returns the address, not for logs; "" when none is configured. An error is an *Error.
func (u PingURL) Read() (string, error) {
	if u.Reference.IsZero() {
		return u.Open, nil
	}
	address, err := u.Reference.Read()
	if err != nil {
		return "", err
	}
	if problem := pingProblem(address); problem.Code != "" {
		return "", u.Reference.Fail(problem, strict.Say("write-ping"))
	}
	return address, nil
}

func readPing(t *strict.Table) Ping {
	defer t.Finish()
	return Ping{Started: readPingURL(t, "started"), Done: readPingURL(t, "done"), Failed: readPingURL(t, "failed")}
}

func readPingURL(t *strict.Table, key string) PingURL {
	n := t.Want(key, strict.KindText, strict.KindTable)
	switch {
	case n == nil:
		return PingURL{}
	case n.Kind == strict.KindTable:
		return PingURL{Reference: t.Reference(key)}
	}
	if problem := pingProblem(n.Text); problem.Code != "" {
		t.Report(key, problem, strict.Say("write-ping"))
	}
	return PingURL{Open: n.Text}
}

// pingProblem is what is wrong with an address, quoting nothing of it; zero for nothing.
func pingProblem(address string) hinted.Fact {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https", strings.ContainsAny(address, " \t"):
		return strict.Say("no-page")
	case u.User != nil:
		return strict.Say("user-here")
	case u.Scheme == "http" && !strict.Loopback(u.Hostname()):
		return strict.Say("not-encrypted")
	}
	return hinted.Fact{}
}
