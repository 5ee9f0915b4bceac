package view

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Received is a run that reads records as people read it: what each collection came to, which records need a person, and what to do
// next.
type Received struct {
	Head
	Note        string // instead of collections: nothing was read
	Collections []Collected
	Findings    []Findings
	Groups      []List
	Next        []Step
}

// Collected is the accounting of a collection.
type Collected struct {
	Name  string
	Sum   string   // what was read, and what it was found to be
	Other []string // what else there is to count
}

// readGroup is what records of a run are listed under.
type readGroup int

const (
	readRefused readGroup = iota
	readUnacknowledged
	readGone
	readNew
	readChanged
	readGroups
)

// Received tells of a run that reads records, which are read once. What is new or changed is listed with show.Diff alone.
func (t *Teller) Received(run *jobs.Run, records iter.Seq2[ledger.ReadRecord, error], show Show) (*Received, error) {
	t = t.Of(run.Target)
	r := &Received{Head: t.head(run), Findings: t.runFindings(run), Next: t.receivedSteps(run, show)}
	for _, name := range slices.Sorted(maps.Keys(run.Collections)) {
		r.Collections = append(r.Collections, t.collected(name, run.Collections[name]))
	}
	if len(r.Collections) == 0 {
		r.Note = t.Reading.NothingRead
	}
	groups := &readLists{teller: t, run: run, show: show}
	for record, err := range records {
		if err != nil {
			return nil, hinted.At("reading the records of the run", run.ID, err)
		}
		groups.add(&record)
	}
	r.Groups = groups.end()
	return r, nil
}

// readLists are the groups as the records come.
type readLists struct {
	teller *Teller
	run    *jobs.Run
	show   Show
	lists  [readGroups]List
	counts [readGroups]int
}

func (l *readLists) add(r *ledger.ReadRecord) {
	for which := range readGroups {
		if !which.has(r) || !l.show.Diff && which >= readNew {
			continue
		}
		if l.counts[which]++; l.counts[which] <= shownItems || l.show.All {
			l.lists[which].Lines = append(l.lists[which].Lines, l.teller.readLine(l.run, r, which))
		}
	}
}

func (l *readLists) end() (some []List) {
	titles := l.teller.readTitles()
	for which, n := range l.counts {
		if n == 0 {
			continue
		}
		list := l.lists[which]
		list.Title = titles[which] + " (" + l.teller.Number(n) + ")"
		if rest := n - len(list.Lines); rest > 0 {
			all := showAgain(l.run.ID, l.show)
			all.All = true
			list.More = l.teller.more(rest, all)
		}
		some = append(some, list)
	}
	return some
}

// has reports whether a record stands in a group. One that was read and not acknowledged stands in two.
func (g readGroup) has(r *ledger.ReadRecord) bool {
	switch g {
	case readRefused:
		return r.Difference == jobs.Undeliverable
	case readUnacknowledged:
		return r.Acknowledgement == ledger.AckFailed
	case readGone:
		return r.Difference == jobs.Departed
	case readNew:
		return r.Difference == jobs.Created
	case readChanged:
		return r.Difference == jobs.Updated
	case readGroups: // their number
	}
	return false
}

func (t *Teller) readTitles() [readGroups]string {
	words := &t.Reading
	return [readGroups]string{words.Refused, words.Unacknowledged, words.Gone, words.New, words.Changed}
}

// readLine is a record of a group. Where there are several collections its key has the name of its own before it.
func (t *Teller) readLine(run *jobs.Run, r *ledger.ReadRecord, which readGroup) Line {
	line := Line{Sign: r.Difference, Key: r.Key}
	if len(run.Collections) > 1 {
		line.Key = r.Collection + " " + r.Key
	}
	switch {
	case r.Reason.Code != "" && which == readRefused:
		line.Text = []string{t.single(t.Reading.Records, r.Reason)}
	case which == readUnacknowledged:
		line.Text = []string{t.single(t.Reading.Acks, r.Reason)}
	}
	if which == readChanged {
		line.Diff = t.recordFields(r.Changes)
	}
	return line
}

// single is why a call for one record failed, and the partner's own words: what ends a run is told otherwise of one record.
func (t *Teller) single(texts map[string]string, r jobs.Reason) string {
	words, known := texts[string(r.Code)]
	if !known {
		return t.Reason(r)
	}
	if said := strings.Join(lines(r.Text()), " "); said != "" && r.Code == jobs.ReasonRejected {
		words += t.Colon + said
	}
	return Clean(Cut(words))
}

// recordFields are the differences of a record. One that was gone and is back says so.
func (t *Teller) recordFields(changes []ledger.RecordChange) []Field {
	fields := make([]Field, 0, len(changes))
	for i := range changes {
		fields = append(fields, t.recordField(&changes[i]))
	}
	return fields
}

func (t *Teller) recordField(c *ledger.RecordChange) Field {
	field := Field{Sign: c.Difference, Path: c.Path}
	switch {
	case c.Path == "" && c.Difference == jobs.Departed:
		field.Path = t.Reading.IsGone
	case c.Path == "":
		field.Path = t.Reading.IsBack
	case c.Difference == jobs.Created:
		field.Text = t.value(c.New)
	case c.Difference == jobs.Departed:
		field.Text = t.value(c.Old)
	default:
		field.Text = t.value(c.Old) + " → " + t.value(c.New)
		if t.value(c.Old) == t.value(c.New) {
			field.Text += t.Words.CutAlike
		}
	}
	return field
}

// collected is "812 read = 3 new + 1 changed + 808 unchanged + 0 refused", and what else was counted.
func (t *Teller) collected(name string, g jobs.Gathered) Collected {
	words := &t.Reading
	c := Collected{Name: name, Sum: locale.Fill(words.Sum, "read", t.Count(words.Read, g.Read), "new", t.Count(words.SumNew, g.New),
		"changed", t.Count(words.SumChanged, g.Changed), "same", t.Count(words.SumSame, g.Same), "refused", t.Count(words.SumRefused, g.Refused))}
	for _, of := range []struct {
		n    int
		text locale.Plural
	}{
		{g.Gone, words.CountGone}, {g.Returned, words.CountReturned}, {g.Foreign, words.CountForeign}, {g.Files, words.CountFiles},
		{g.Missing, words.CountMissing}, {g.Acknowledged, words.CountAcknowledged}, {g.Unacknowledged, words.CountUnacknowledged},
		{g.Closed, words.CountClosed},
	} {
		if of.n > 0 {
			c.Other = append(c.Other, t.Count(of.text, of.n))
		}
	}
	return c
}

// gatheredBy is the reason of a run that reads records, which says of records what others say of nomenclatures.
func (t *Teller) gatheredBy(run *jobs.Run) (text string, known bool) {
	if !run.Kind.Fetches() {
		return "", false
	}
	code := string(run.Failure.Code)
	if refusesKey(run.Failure) {
		code = string(jobs.CauseKey)
	}
	text, known = t.Reading.Reasons[code]
	return text, known
}

// refusesKey reports whether a partner refused who asks.
func refusesKey(r jobs.Reason) bool {
	cause := causeOf(r)
	return cause != nil && cause.Code == jobs.CauseKey && r.Code == jobs.ReasonConfiguration
}

// receivedSteps are what a person does next about a run that reads records.
func (t *Teller) receivedSteps(run *jobs.Run, show Show) []Step {
	words := &t.Reading
	again := runAgain(subjectOf(run))
	if run.Aftermath != nil && run.Aftermath.Over() {
		return t.sinceSteps(run.Aftermath)
	}
	switch run.State {
	case jobs.Succeeded:
		steps := []Step{does(words.Stored, Action{Action: inboxList, Partner: run.Target.Partner, Dossier: run.Target.Dossier})}
		if g := run.Counts.Gathered; g != nil && g.New+g.Changed > 0 && !show.Diff {
			steps = append(steps, does(words.Details, showAgain(run.ID, Show{Diff: true})))
		}
		return append(steps, t.noticeSteps(run)...)
	case jobs.Incomplete:
		return append(t.unreadSteps(run), append(t.noticeSteps(run), does(words.Again, again))...)
	case jobs.Held:
		refuse := words.RefuseHeld
		if run.Failure.Code == jobs.ReasonPullForeign {
			refuse = words.RefuseForeign
		}
		return []Step{does(words.Approve, approve(run.ID)), does(refuse, again)}
	case jobs.Failed:
		if refusesKey(run.Failure) {
			return []Step{does(words.MendKey, ofRun("resume", run.ID))}
		}
		switch run.Failure.Code {
		case jobs.ReasonSecretRefused:
			again := Action{Action: "check", Dossier: run.Target.Dossier, Again: true}
			return []Step{does(words.MendSecret, again), does("", ofRun("resume", run.ID))}
		case jobs.ReasonInboxMissing:
			return []Step{{Text: words.MakeInbox, Command: "psql -d " + words.Database + " -f roles.sql"}, does("", Action{Action: "migrate"}),
				does("", ofRun("resume", run.ID))}
		case jobs.ReasonFailures:
			return []Step{does(words.AfterFailure, ofRun("resume", run.ID))}
		case jobs.ReasonIdentity:
			return []Step{does(words.MendIdentity, ofRun("resume", run.ID))}
		}
	case jobs.Queued, jobs.Running, jobs.Cancelled:
	}
	return t.stateSteps(run, &gathered{})
}

// unreadSteps say why a run is incomplete, and what mends it.
func (t *Teller) unreadSteps(run *jobs.Run) []Step {
	words, g := &t.Reading, cmp.Or(run.Counts.Gathered, &jobs.Gathered{})
	var steps []Step
	for _, of := range []struct {
		n    int
		text string
	}{{g.Refused, words.AboutRefused}, {g.Missing, words.AboutMissing}, {g.Unacknowledged, words.AboutUnacknowledged},
		{g.Unsettled, words.AboutUnsettled}} {
		if of.n > 0 {
			steps = append(steps, says(of.text))
		}
	}
	return steps
}

// noticeSteps are about what was found that is nothing of this run alone.
func (t *Teller) noticeSteps(run *jobs.Run) []Step {
	words := &t.Reading
	var steps []Step
	for _, of := range []struct {
		rule jobs.Rule
		text string
	}{{jobs.RuleWebhook, words.AboutWebhook}, {jobs.RulePasswordAge, words.AboutPassword}, {jobs.RuleUnswept, words.AboutUnswept},
		{jobs.RuleForeign, words.AboutForeign}} {
		if slices.ContainsFunc(run.Findings, func(f jobs.Finding) bool { return f.Rule == of.rule && !f.Holds }) {
			steps = append(steps, says(of.text))
		}
	}
	return steps
}

// readRow are the numbers of a run that reads records in the table of runs: what it stored, found unchanged, and could not do.
func (t *Teller) readRow(run *jobs.Run) []string {
	g := run.Counts.Gathered
	if g == nil {
		return []string{"–", "–", "–"}
	}
	trouble := "–" // of a run that goes on, nobody knows yet
	if run.FinishedAt != nil {
		trouble = t.Number(g.Refused + g.Missing + g.Unacknowledged + g.Unsettled)
	}
	return []string{t.Count(t.Reading.Kept, g.New+g.Changed), t.Number(g.Same), trouble} // below what others sent
}

// ReadRecord is what a run made of one record.
type ReadRecord struct {
	Collection      string                 `json:"collection"`
	Key             string                 `json:"key"`
	Difference      jobs.Difference        `json:"difference"`
	Reason          *Reason                `json:"reason,omitempty"`
	Acknowledgement ledger.Acknowledgement `json:"acknowledgement,omitempty"`
	Changes         []RecordChange         `json:"changes,omitempty"`
}

// WriteReceivedJSON writes one object: the run, what it made of single records, which are streamed, and what to do next.
func (t *Teller) WriteReceivedJSON(w io.Writer, run *jobs.Run, records iter.Seq2[ledger.ReadRecord, error]) error {
	t = t.Of(run.Target)
	out := newStream(w)
	out.open(t.RunOf(run), "records")
	for record, err := range records {
		if err != nil {
			return hinted.At("reading the records of the run", run.ID, err)
		}
		one := ReadRecord{Collection: record.Collection, Key: record.Key, Difference: record.Difference, Acknowledgement: record.Acknowledgement,
			Changes: recordChanges(record.Changes)}
		if record.Reason.Code != "" {
			reason := t.reason(record.Reason)
			one.Reason = &reason
		}
		out.element(one)
	}
	out.closeArray()
	out.next(t.receivedSteps(run, Show{Diff: true}))
	return out.end("}\n")
}

// sized is a number of bytes as people read it.
func (t *Teller) sized(bytes int64) string {
	switch {
	case bytes < 0:
		return "?"
	case bytes < 1024:
		return strconv.FormatInt(bytes, 10) + " " + t.Inbox.Byte
	case bytes < 1<<20:
		return strconv.FormatInt((bytes+512)/1024, 10) + " Ki" + t.Inbox.Byte
	}
	return strings.Replace(fmt.Sprintf("%.1f Mi", float64(bytes)/(1<<20)), ".", t.Decimal, 1) + t.Inbox.Byte
}
