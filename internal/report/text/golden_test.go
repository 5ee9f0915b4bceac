package text_test

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// golden writes a report in both languages and compares each with testdata/NAME.LANGUAGE.txt.
func golden(t *testing.T, name string, write func(w io.Writer, p *text.Printer) error) {
	t.Helper()
	for _, language := range languages {
		t.Run(name+"/"+string(language), func(t *testing.T) {
			t.Parallel()
			text := textOf(t, language, write)
			path := filepath.Join("testdata", name+"."+string(language)+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("%s differs; see it with: git diff after go test -update\n%s", path, text)
			}
			fits(t, language, 60, write)
			fits(t, language, 80, write)
		})
	}
}

// fits expects that no line of a report is wider than a terminal, but those with a command to type, and that what it says is what it
// says in a file.
func fits(t *testing.T, language locale.Language, width int, write func(w io.Writer, p *text.Printer) error) {
	t.Helper()
	var b strings.Builder
	if err := write(&b, printerOf(language, text.Look{Width: width})); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > width && !typed(line) {
			t.Errorf("at %d columns a line has %d:\n%s\nin\n%s", width, utf8.RuneCountInString(line), line, &b)
			return
		}
	}
}

// frenchJargon are words of who wrote the program, of who runs it, and of its configuration.
var frenchJargon = regexp.MustCompile(`(?i)démon|empreinte|staging|\bledger\b|\bsockets?\b|\bhash|\bdigest|baseline|payload|json|toml|\bhtml\b|` +
	`sqlstate|(?-i:\[\[?[a-z])|pg_hba|\burl\b|[a-z]_[a-z]+|timeout|job\.|journalctl|systemctl|superutilisateur`)

// What in a French report is not for who does the payroll: what follows a failure as its technical detail, what is expressly for an
// administrator, a command, and what a partner or a person wrote.
var (
	frenchDetail = regexp.MustCompile(`(?m)^  Détail technique[^\n]*\n(    [^\n]*\n)+`)
	frenchAdmin  = regexp.MustCompile(`(?s)[^.\n]*?l'administrateur.*?(\n    \S|\.\n|\z)`)
	frenchTyped  = regexp.MustCompile(`(?m)^ *(syncd|psql|systemctl) [^\n]*$`)
	frenchQuoted = regexp.MustCompile(`F_VIESCO?_0\d|PRIME_EXC|AVN_REPAS|colonne [a-z_]+|application/[a-z]+|[a-z]+ is being repaired|multipart/form-data|new-decision`)
)

// Reports that are an administrator's, by what their names begin with.
var administrators = map[string]string{
	"contract-no-json": "only who maps the fields can do something about a call that takes no JSON", "contract-no-body": "likewise",
	"inbox-record":        "shows a document of a partner as it is",
	"received-no-inbox":   "a schema is made by who runs the database",
	"why-error":           "what met an error",
	"purge":               "what is deleted is an administrator's to confirm",
	"guard-staging-limit": "a code that Postgres has, and nobody words for",
	"schedule":            "starts services",
}

// No French report speaks of what its reader does not know.
func TestFrenchReportsHaveNoJargon(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.fr.txt")
	if err != nil || len(paths) < 150 {
		t.Fatalf("%d reports: %v", len(paths), err)
	}
	for _, path := range paths {
		report, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(report)
		for _, out := range []*regexp.Regexp{frenchDetail, frenchTyped, frenchAdmin, frenchQuoted} {
			text = out.ReplaceAllString(text, "")
		}
		whose := ""
		for name, why := range administrators {
			if strings.HasPrefix(filepath.Base(path), name) {
				whose = why
			}
		}
		found := frenchJargon.FindString(text)
		if found != "" && whose == "" {
			before, _, _ := strings.Cut(text, found)
			line := text[strings.LastIndexByte(before, '\n')+1:]
			line, _, _ = strings.Cut(line, "\n")
			t.Errorf("%s says %q: %s", path, found, line)
		}
	}
}

var command = regexp.MustCompile(`^ *(?:«.|\()?syncd ([a-z]+)`)

// typed reports whether a line is a command to type.
func typed(line string) bool {
	found := command.FindStringSubmatch(line)
	return found != nil && locale.IsCommand(found[1])
}

func TestRun(t *testing.T) {
	t.Parallel()
	all := everything()
	running := run(jobs.Running, jobs.Counts{EmployeesRead: 6, ElementsRead: 11, Unchanged: 3})
	running.FinishedAt = nil
	interrupted := *running
	interrupted.Interrupted = true
	queued := run(jobs.Queued, jobs.Counts{})
	queued.StartedAt, queued.FinishedAt, queued.Planned = nil, nil, false
	partial := run(jobs.Succeeded, tally(1, 0, accepted("00002", jobs.Updated, 1, mover...)))
	partial.Employees, partial.Trigger = []string{"00002", "00003"}, jobs.TriggerResume
	production := run(jobs.Succeeded, tally(1234, 2000))
	production.Target.Environment, production.Period = "production", "2026-08"
	open := []jobs.Item{accepted("00001", jobs.Created, 3), ended("00002", jobs.ItemSending, jobs.ReasonChanged, ""),
		ended("00004", jobs.ItemPending, jobs.ReasonChanged, ""), ended("00005", jobs.ItemPending, jobs.ReasonChanged, "")}
	late := ended("00017", jobs.ItemPending, jobs.ReasonSlow, "30s")
	late.Ambiguous = true
	rest := append(staff(21), ended("00090", jobs.ItemPending, jobs.ReasonTemporary, "503"))
	for _, c := range []struct {
		name  string
		run   *jobs.Run
		items []jobs.Item
		show  view.Show
	}{
		{"succeeded", run(jobs.Succeeded, tally(3, 4, staff(5)...)), staff(5), view.Show{}},
		{"unchanged", production, nil, view.Show{}},
		{"incomplete", run(jobs.Incomplete, tally(103, 240, all...)), all, view.Show{}},
		{"incomplete-diff", run(jobs.Incomplete, tally(103, 240, all...)), all, view.Show{Diff: true}},
		{"not-attempted", run(jobs.Incomplete, tally(0, 0, rest...)), rest, view.Show{}},
		{"departed", run(jobs.Incomplete, tally(2, 0, gone("00031", jobs.ItemDeparted, jobs.ReasonDepartedInDoubt))),
			[]jobs.Item{gone("00031", jobs.ItemDeparted, jobs.ReasonDepartedInDoubt)}, view.Show{}},
		{"superseded", run(jobs.Incomplete, tally(0, 0, all[12])), all[12:13], view.Show{}},
		{"since-delivered", later(run(jobs.Incomplete, tally(103, 240, all...)),
			jobs.Aftermath{DeliveredBy: []int64{13, 14, 16, 17}, Delivered: 11}), all, view.Show{}},
		{"since-partly", later(run(jobs.Incomplete, tally(103, 240, all...)), jobs.Aftermath{DeliveredBy: []int64{13}, Delivered: 1, Left: 10,
			Open: 3}), all, view.Show{}},
		{"since-whole", later(failed(jobs.ReasonFailures, "500", tally(0, 0, rest[20:]...)),
			jobs.Aftermath{Whole: 15, DeliveredBy: []int64{15}, Delivered: 1, Left: 1}), rest[20:], view.Show{}},
		{"since-closed", later(run(jobs.Incomplete, tally(0, 0, all[12])), jobs.Aftermath{Left: 1, Closed: true}), all[12:13], view.Show{}},
		{"running", running, open, view.Show{}},
		{"interrupted", &interrupted, open, view.Show{}},
		{"queued", queued, nil, view.Show{}},
		{"partial", partial, []jobs.Item{accepted("00002", jobs.Updated, 1, mover...)}, view.Show{Diff: true}},
		{"employee", run(jobs.Incomplete, tally(103, 240, all...)), []jobs.Item{all[0], all[4], all[7]},
			view.Show{Employees: []string{"00001", "00042", "00055", "00111"}}},
		{"configuration", failed(jobs.ReasonConfiguration,
			"POST /V2/Salarie: answered 403 Forbidden\nhint: check the rights of the client with Isidoor", tally(0, 0, rest[20:]...)), rest[20:],
			view.Show{}},
		{"turned-away", run(jobs.Incomplete, tally(2, 0, append(staff(3), turnedAway("00015"), turnedAway("00016"), rest[21])...)),
			append(staff(3), turnedAway("00015"), turnedAway("00016"), rest[21]), view.Show{}},
		{"slow", failed(jobs.ReasonSlow, "30s", tally(0, 0, late, rest[21])), []jobs.Item{late, rest[21]}, view.Show{}},
		{"unusual", failed(jobs.ReasonUnusual, "GET /V2/Dossier: the answer is HTML, not JSON\nhint: check base_url and the paths of [isidoor]",
			jobs.Counts{}), nil, view.Show{}},
		{"failures", failed(jobs.ReasonFailures, "500", tally(0, 0, rest[20:]...)), rest[20:], view.Show{}},
		{"identity", met(&jobs.IdentityError{Dossier: "saint-martin", Want: "12345678200010", Answered: "99999999800019"}), nil, view.Show{}},
		{"staging", met(&jobs.StagingError{Query: "job.source.employees", What: hinted.Say("staging.query-statements")}), nil, view.Show{}},
		{"unreachable", failed(jobs.ReasonUnreachable, "token: connection refused\nhint: see whether the partner's service is up", jobs.Counts{}),
			nil, view.Show{}},
		{"proxy", failed(jobs.ReasonConfiguration, "token: the proxy refuses the way: 403 Forbidden\n"+
			"hint: ask whoever runs the proxy to let this machine through to the host of token_url of [isidoor]; check HTTPS_PROXY and NO_PROXY",
			jobs.Counts{}), nil, view.Show{}},
		{"stopped", failed(jobs.ReasonStopped, "", tally(0, 0, rest[20:]...)), rest[20:], view.Show{}},
	} {
		golden(t, "run-"+c.name, func(w io.Writer, p *text.Printer) error { return p.Run(w, c.run, seq(c.items...), c.show) })
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	all := everything()
	running := run(jobs.Running, jobs.Counts{})
	running.ID, running.Interrupted = 1234, true
	elements := run(jobs.Incomplete, tally(8, 20, blocked("00099", 0, 2)))
	runs := []*jobs.Run{running, run(jobs.Incomplete, tally(1030, 240, all...)), elements, pull(jobs.Held),
		run(jobs.Succeeded, tally(0, 0, staff(5)...))}
	golden(t, "runs", func(w io.Writer, p *text.Printer) error { return p.Runs(w, runs) })
	golden(t, "runs-none", func(w io.Writer, p *text.Printer) error { return p.Runs(w, nil) })
}

// planned gives items to a sink in two batches, as a plan does, and finishes it.
func planned(sink *text.PlanSink, counts jobs.Counts, items ...jobs.Item) error {
	var batch []jobs.PlannedItem
	for i, item := range items {
		batch = append(batch, jobs.PlannedItem{Item: item, Document: []byte(`{"Nir":"285057899900116"}`)})
		if i%2 == 1 {
			if err := sink.Add(context.Background(), batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	if err := sink.Add(context.Background(), batch); err != nil {
		return err
	}
	return sink.Finish(counts, "91ab", nil, nil)
}

func toSend(items ...jobs.Item) []jobs.Item {
	reasons := map[jobs.Difference]jobs.ReasonCode{jobs.Created: jobs.ReasonNew, jobs.Updated: jobs.ReasonChanged,
		jobs.Unchanged: jobs.ReasonNewPeriod}
	for i := range items {
		if items[i].State == jobs.ItemAccepted {
			items[i].State, items[i].Reason = jobs.ItemPending, jobs.Reason{Code: reasons[items[i].Difference]}
		}
	}
	return items
}

func TestPlan(t *testing.T) {
	t.Parallel()
	subject := view.Subject{Job: "paie", Target: test, Period: "2026-11"}
	some := toSend(append(everything()[:7], everything()[15:]...)...)
	many := toSend(staff(60)...)
	few := subject
	few.Employees = []string{"00002"}
	golden(t, "plan", func(w io.Writer, p *text.Printer) error {
		return planned(p.NewPlanSink(w, subject, view.Show{Diff: true}), tally(103, 240, some...), some...)
	})
	golden(t, "plan-all", func(w io.Writer, p *text.Printer) error {
		return planned(p.NewPlanSink(w, few, view.Show{Diff: true, All: true}), tally(0, 0, some[:2]...), some[:2]...)
	})
	golden(t, "plan-many", func(w io.Writer, p *text.Printer) error {
		return planned(p.NewPlanSink(w, subject, view.Show{}), tally(0, 0, many...), many...)
	})
	golden(t, "plan-nothing", func(w io.Writer, p *text.Printer) error {
		return p.NewPlanSink(w, subject, view.Show{}).Finish(tally(8, 20), "", nil, nil)
	})
	golden(t, "plan-blocked", func(w io.Writer, p *text.Printer) error {
		return planned(p.NewPlanSink(w, subject, view.Show{}), tally(7, 20, some[4]), some[4])
	})
}

func TestPull(t *testing.T) {
	t.Parallel()
	entry := func(label string) mapping.Entry { return mapping.Entry{Label: label, Active: label != ""} }
	changes := []jobs.NomenclatureChange{
		{Name: "Fonction", Code: "F_VIESCO_01", Difference: jobs.Created, New: entry("Vie scolaire")},
		{Name: "Fonction", Code: "F_VIESCO_02", Difference: jobs.Updated, Old: entry("Surveillance"), New: entry("Surveillance et études")},
		{Name: "Strate", Code: "V", Difference: jobs.Departed, Old: entry("Strate V")},
	}
	held := pull(jobs.Held)
	held.Failure = withdraws
	empty := pull(jobs.Held)
	empty.Failure = jobs.Reason{Code: jobs.ReasonPullEmpty}
	var many []jobs.NomenclatureChange
	for _, item := range staff(25) {
		many = append(many, jobs.NomenclatureChange{Name: "Fonction", Code: item.Key, Difference: jobs.Created,
			New: entry("Fonction " + item.Key)})
	}
	golden(t, "pull", func(w io.Writer, p *text.Printer) error {
		return p.Pull(w, pull(jobs.Succeeded), changes, view.Show{})
	})
	golden(t, "pull-same", func(w io.Writer, p *text.Printer) error { return p.Pull(w, pull(jobs.Succeeded), nil, view.Show{}) })
	golden(t, "pull-held", func(w io.Writer, p *text.Printer) error { return p.Pull(w, held, changes, view.Show{}) })
	golden(t, "pull-empty", func(w io.Writer, p *text.Printer) error { return p.Pull(w, empty, changes[2:], view.Show{}) })
	golden(t, "pull-many", func(w io.Writer, p *text.Printer) error {
		return p.Pull(w, pull(jobs.Succeeded), many, view.Show{})
	})
}

var nomenclatures = mapping.Nomenclatures{
	"Strate":   {"I": {Code: "I", Label: "Strate I", Active: true}, "II": {Code: "II", Label: "Strate II", Active: true}},
	"Civilite": {"MME": {Code: "MME", Label: "Madame", Active: true}, "MLLE": {Code: "MLLE", Label: "Mademoiselle"}},
}

func TestNomenclatures(t *testing.T) {
	t.Parallel()
	golden(t, "dictionary", func(w io.Writer, p *text.Printer) error { return p.Nomenclatures(w, test, nomenclatures, "") })
	golden(t, "dictionary-one", func(w io.Writer, p *text.Printer) error { return p.Nomenclatures(w, test, nomenclatures, "Civilite") })
	golden(t, "dictionary-none", func(w io.Writer, p *text.Printer) error { return p.Nomenclatures(w, test, nil, "") })
}
