package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report"
)

func textOf(t *testing.T, language report.Language, write func(w io.Writer, p *report.Printer) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, printer(language)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile tries to clear the screen, to overwrite a line, to begin one of the report's own, and to turn text around.
const hostile = "X\x1b[2J\x1b]8;;http://evil\x07\r\nWhat to do now\u009b1m\u202e\x9b"

func hostileItems() []jobs.Item {
	refused := ended(hostile, jobs.ItemRejected, jobs.ReasonRejected, hostile)
	return []jobs.Item{
		accepted(hostile, jobs.Updated, 1, mapping.Change{Path: hostile, Op: "*", Old: strconv.Quote(hostile), New: hostile},
			mapping.Change{Path: "Elements[A]", Op: "+", New: "{\"" + "\u009b" + "\":\"\u202e\"}"}),
		blocked(hostile, 1, 1, mapping.Problem{Code: mapping.ProblemUnknownCode, Path: hostile, Column: hostile, Value: hostile,
			Dictionary: hostile, Nearest: []mapping.Nearest{{Code: hostile, Label: hostile}}}),
		refused,
		ended(hostile, "new-state"+hostile, "new-reason"+hostile, hostile),
		gone(hostile, jobs.ItemDeparted, jobs.ReasonDeparted),
	}
}

func hostileRun() *jobs.Run {
	r := run(jobs.Failed, tally(1, 0, hostileItems()...))
	r.Job, r.Target.Dossier, r.Target.Partner, r.Target.Environment, r.RequestedBy, r.Host, r.Version = hostile, hostile, hostile, hostile, hostile, hostile, hostile
	r.Employees, r.Failure = []string{hostile}, jobs.Reason{Code: jobs.ReasonConfiguration, Detail: hostile}
	return r
}

func TestDataDoesNotDriveTheTerminal(t *testing.T) {
	t.Parallel()
	r, items := hostileRun(), hostileItems()
	subject := report.Subject{Job: hostile, Target: r.Target, Period: hostile, Employees: []string{hostile}}
	entry := mapping.Entry{Code: hostile, Label: hostile}
	changes := []jobs.DictionaryChange{{Name: hostile, Code: hostile, Difference: jobs.Updated, Old: entry, New: entry}}
	lists := mapping.Dictionaries{hostile: {hostile: entry}}
	for name, write := range map[string]func(io.Writer, *report.Printer) error{
		"run": func(w io.Writer, p *report.Printer) error { return p.Run(w, r, seq(items...), report.Show{}) },
		"diff": func(w io.Writer, p *report.Printer) error {
			return p.Run(w, r, seq(items...), report.Show{Diff: true, All: true})
		},
		"employee": func(w io.Writer, p *report.Printer) error {
			return p.Run(w, r, seq(items...), report.Show{Employees: []string{hostile, "\x1b"}})
		},
		"runs": func(w io.Writer, p *report.Printer) error { return p.Runs(w, []*jobs.Run{r}) },
		"plan": func(w io.Writer, p *report.Printer) error {
			return planned(p.NewPlanSink(w, subject, report.Show{Diff: true}), r.Counts, items...)
		},
		"pull":       func(w io.Writer, p *report.Printer) error { return p.Pull(w, r, changes, report.Show{}) },
		"dictionary": func(w io.Writer, p *report.Printer) error { return p.Dictionary(w, r.Target, lists, hostile) },
		"lists":      func(w io.Writer, p *report.Printer) error { return p.Dictionary(w, r.Target, lists, "") },
		"run json":   func(w io.Writer, p *report.Printer) error { return p.WriteRunJSON(w, r, seq(items...)) },
		"pull json":  func(w io.Writer, p *report.Printer) error { return p.WritePullJSON(w, r, changes) },
		"lists json": func(w io.Writer, p *report.Printer) error { return p.WriteDictionaryJSON(w, lists, "") },
	} {
		for _, language := range languages {
			text := textOf(t, language, write)
			for i, r := range text {
				if r == unicode.ReplacementChar && name != "run json" && !strings.HasSuffix(name, "json") || r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
					t.Errorf("%s, %s: %q is written as it is: %q", name, language, r, text[max(i-20, 0):min(i+20, len(text))])
					break
				}
			}
			if strings.Count(text, "\nWhat to do now") > 1 {
				t.Errorf("%s, %s: a message has made a title of its own:\n%s", name, language, text)
			}
		}
	}
	for _, language := range languages {
		p := printer(language)
		for _, text := range []string{p.Reason(items[2].Reason), p.Problem(items[1].Problems[0])} {
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("%q holds a control character", text)
			}
		}
	}
}

func TestMaskedValuesAreNeverWritten(t *testing.T) {
	t.Parallel()
	const secret = "FR7630006000011234567890189"
	item := accepted("00001", jobs.Updated, 0, mapping.Change{Path: "Iban", Op: "*", Old: secret, New: secret, Masked: true},
		mapping.Change{Path: "A", Op: "+", New: secret, Masked: true}, mapping.Change{Path: "B", Op: "-", Old: secret, Masked: true})
	r := run(jobs.Succeeded, tally(0, 0, item))
	for _, write := range []func(io.Writer, *report.Printer) error{
		func(w io.Writer, p *report.Printer) error {
			return p.Run(w, r, seq(item), report.Show{Diff: true, All: true})
		},
		func(w io.Writer, p *report.Printer) error { return p.WriteRunJSON(w, r, seq(item)) },
		func(w io.Writer, p *report.Printer) error {
			return planned(p.NewPlanSink(w, report.Subject{Period: "2026-11"}, report.Show{Diff: true}), r.Counts, item)
		},
	} {
		if text := textOf(t, report.English, write); strings.Contains(text, secret) {
			t.Errorf("a masked value is shown:\n%s", text)
		}
	}
	if item.Diff[0].Old != secret {
		t.Error("the caller's item was changed")
	}
}

func TestLongGroupsAreCut(t *testing.T) {
	t.Parallel()
	const many = 5000
	var items []jobs.Item
	for i := range many {
		items = append(items, blocked(strconv.Itoa(10000+i), 1, 0, unknownFunction))
	}
	problems := blocked("00001", 1, 0)
	for range 100 {
		problems.Problems = append(problems.Problems, missingNir)
	}
	items = append([]jobs.Item{problems}, items...)
	r := run(jobs.Incomplete, tally(0, 0, items...))
	short := textOf(t, report.English, func(w io.Writer, p *report.Printer) error { return p.Run(w, r, seq(items...), report.Show{}) })
	if n := strings.Count(short, "\n"); n > 80 {
		t.Errorf("the report has %d lines", n)
	}
	for _, want := range []string{"… and 4,981 more: syncd show 12 --all", "… and 95 more problems", "Not deliverable (5,001 employees)"} {
		if !strings.Contains(short, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	all := textOf(t, report.English, func(w io.Writer, p *report.Printer) error { return p.Run(w, r, seq(items...), report.Show{All: true}) })
	if n := strings.Count(all, "F_VIESCO_02"); n != many {
		t.Errorf("with all, %d of %d are listed", n, many)
	}
	if n := strings.Count(all, "Nir: "); n != 100 {
		t.Errorf("with all, %d of 100 problems are listed", n)
	}
}

func TestWhatMustNotBeRepeatedIsNotAdvised(t *testing.T) {
	t.Parallel()
	unsure := ended("00060", jobs.ItemUncertain, jobs.ReasonInDoubt, "")
	text := textOf(t, report.English, func(w io.Writer, p *report.Printer) error {
		return p.Run(w, run(jobs.Incomplete, tally(0, 0, unsure)), seq(unsure), report.Show{})
	})
	if !strings.Contains(text, "Check in Isidoor whether they were") || strings.Contains(text, "syncd run") {
		t.Errorf("the advice is wrong:\n%s", text)
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	p := report.New(report.English, report.Options{Color: true, Location: paris})
	if err := p.Run(&b, run(jobs.Incomplete, tally(1, 0, everything()...)), seq(everything()...), report.Show{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[31m!\x1b[0m 00042") {
		t.Errorf("no color:\n%s", b.String())
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestErrorsAreReturned(t *testing.T) {
	t.Parallel()
	p, r := printer(report.French), run(jobs.Succeeded, jobs.Counts{})
	gone := errors.New("the ledger is gone")
	var fails iter.Seq2[jobs.Item, error] = func(yield func(jobs.Item, error) bool) { yield(jobs.Item{}, gone) }
	for _, err := range []error{
		p.Run(io.Discard, r, fails, report.Show{}),
		p.Run(io.Discard, r, fails, report.Show{Employees: []string{"1"}}),
		p.WriteRunJSON(io.Discard, r, fails),
	} {
		if !errors.Is(err, gone) {
			t.Errorf("got %v, want the error of the items", err)
		}
	}
	items := []jobs.PlannedItem{{Item: everything()[0]}}
	for _, err := range []error{
		p.Run(brokenWriter{}, r, seq(), report.Show{}), p.Runs(brokenWriter{}, nil), p.Pull(brokenWriter{}, r, nil, report.Show{}),
		p.WriteRunJSON(brokenWriter{}, r, seq()), p.WriteRunsJSON(brokenWriter{}, nil),
		p.NewPlanSink(brokenWriter{}, report.Subject{}, report.Show{}).Add(context.Background(), items),
		p.NewPlanJSON(brokenWriter{}, report.Subject{}).Add(context.Background(), items),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want the error of the writer", err)
		}
	}
	if err := p.Dictionary(io.Discard, test, dictionaries, "Nope"); err == nil || !strings.Contains(err.Error(), "\nhint: ") {
		t.Errorf("an unknown nomenclature gives %v", err)
	}
}

func TestRunJSON(t *testing.T) {
	t.Parallel()
	r := hostileRun()
	r.Failure.Detail = "GET /V2/Dossier: certificate not trusted\nhint: set ca_file"
	items := append(everything(), hostileItems()...)
	var b bytes.Buffer
	if err := printer(report.French).WriteRunJSON(&b, r, seq(items...)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID         int64
		Job        string
		Period     string
		Trigger    string
		State      string
		Counts     jobs.Counts
		StartedAt  string `json:"started_at"`
		FinishedAt string `json:"finished_at"`
		Failure    struct{ Code, Detail, Text string }
		Items      []struct {
			Seq      int
			Key      string
			State    jobs.ItemState
			Reason   struct{ Code, Text string }
			Diff     []mapping.Change
			Problems []struct {
				mapping.Problem
				Text string
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.ID != 12 || got.Period != "2026-11" || got.State != "failed" || got.Trigger != "manual" || got.Counts != r.Counts {
		t.Errorf("the run came back as %+v", got)
	}
	if got.StartedAt != "2026-11-30T06:00:03Z" || got.Failure.Detail != r.Failure.Detail || got.Failure.Text == "" {
		t.Errorf("the run came back as %+v", got)
	}
	if len(got.Items) != len(items) {
		t.Fatalf("%d items came back, want %d", len(got.Items), len(items))
	}
	for i, item := range got.Items {
		if want := strings.ToValidUTF8(items[i].Key, "\uFFFD"); item.Key != want || item.State == "" || item.Reason.Text == "" || len(item.Diff) != len(items[i].Diff) {
			t.Errorf("item %d came back as %+v", i, item)
		}
		for _, problem := range item.Problems {
			if problem.Code == "" || problem.Text == "" {
				t.Errorf("a problem came back as %+v", problem)
			}
		}
	}
}

func TestJSONArrays(t *testing.T) {
	t.Parallel()
	p := printer(report.English)
	for _, c := range []struct {
		name  string
		want  int
		write func(io.Writer) error
	}{
		{"no runs", 0, func(w io.Writer) error { return p.WriteRunsJSON(w, nil) }},
		{"runs", 2, func(w io.Writer) error {
			return p.WriteRunsJSON(w, []*jobs.Run{run(jobs.Succeeded, jobs.Counts{}), pull(jobs.Held)})
		}},
		{"dictionary", 2, func(w io.Writer) error { return p.WriteDictionaryJSON(w, dictionaries, "") }},
		{"one list", 1, func(w io.Writer) error { return p.WriteDictionaryJSON(w, dictionaries, "Strate") }},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got == nil || len(got) != c.want {
			t.Errorf("%s: %v, %d elements in\n%s", c.name, err, len(got), b.String())
		}
	}
}

func TestPlanJSON(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		var b bytes.Buffer
		sink := printer(report.French).NewPlanJSON(&b, report.Subject{Job: "paie", Target: test, Period: "2026-11"})
		if b.Len() > 0 {
			t.Error("something is written before the first item")
		}
		for _, item := range everything()[:n] {
			if err := sink.Add(context.Background(), []jobs.PlannedItem{{Item: item, Document: []byte("secret")}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.Finish(jobs.Counts{EmployeesRead: 8}, "91ab"); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Dossier, Digest string
			Items           []any
			Counts          jobs.Counts
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if got.Dossier != "saint-martin" || got.Digest != "91ab" || len(got.Items) != n || got.Counts.EmployeesRead != 8 || strings.Contains(b.String(), "secret") {
			t.Errorf("the plan came back as %+v", got)
		}
	}
}
