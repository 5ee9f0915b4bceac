package text_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

func textOf(t *testing.T, language locale.Language, write func(w io.Writer, p *text.Printer) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, printer(language)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMaskedValuesAreNeverWritten(t *testing.T) {
	t.Parallel()
	const secret = "FR7630006000011234567890189"
	item := accepted("00001", jobs.Updated, 0, diff.Change{Path: "Iban", Op: "*", Old: secret, New: secret, Masked: true},
		diff.Change{Path: "A", Op: "+", New: secret, Masked: true}, diff.Change{Path: "B", Op: "-", Old: secret, Masked: true})
	r := run(jobs.Succeeded, tally(0, 0, item))
	edited := held("00002", jobs.Finding{Rule: jobs.RuleDrift, Holds: true, N: 1, Path: "Iban", Changes: item.Diff})
	story := &ledger.Story{Target: test, Key: "00001", Lines: []ledger.StoryLine{{Run: *r, Item: item}, {Run: *r, Item: edited}}}
	now := view.Now{Period: "2026-11", Items: []jobs.PlannedItem{{Item: edited}, {Item: item}}}
	for _, write := range []func(io.Writer, *text.Printer) error{
		func(w io.Writer, p *text.Printer) error {
			return p.Run(w, r, seq(item), view.Show{Diff: true, All: true})
		},
		func(w io.Writer, p *text.Printer) error { return p.WriteRunJSON(w, r, seq(item), view.Show{}) },
		func(w io.Writer, p *text.Printer) error { return p.Why(w, story, now) },
		func(w io.Writer, p *text.Printer) error { return p.WriteWhyJSON(w, story, now) },
		func(w io.Writer, p *text.Printer) error {
			return planJSON(p.NewPlanJSON(w, view.Subject{Period: "2026-11"}), edited)
		},
		func(w io.Writer, p *text.Printer) error {
			return planned(p.NewPlanSink(w, view.Subject{Period: "2026-11"}, view.Show{Diff: true}), r.Counts, item)
		},
	} {
		if text := textOf(t, locale.English, write); strings.Contains(text, secret) {
			t.Errorf("a masked value is shown:\n%s", text)
		}
	}
	if item.Diff[0].Old != secret || edited.Findings[0].Changes[0].Old != secret {
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
	short := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Run(w, r, seq(items...), view.Show{}) })
	if n := strings.Count(short, "\n"); n > 80 {
		t.Errorf("the report has %d lines", n)
	}
	for _, want := range []string{"… and 4,981 more: syncd show 12 --all", "… and 95 more problems", "Not deliverable (5,001 employees)"} {
		if !strings.Contains(short, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	all := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Run(w, r, seq(items...), view.Show{All: true}) })
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
	text := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error {
		return p.Run(w, run(jobs.Incomplete, tally(0, 0, unsure)), seq(unsure), view.Show{})
	})
	if !strings.Contains(text, "Check in Isidoor whether they were") || strings.Contains(text, "syncd run") {
		t.Errorf("the advice is wrong:\n%s", text)
	}
}

// Who cannot be sent now, and whose last answer was lost, may have been paid all the same.
func TestWhoStaysHereMayHaveArrivedBefore(t *testing.T) {
	t.Parallel()
	held := ended("00060", jobs.ItemHeld, jobs.ReasonGuard, "")
	held.Findings = []jobs.Finding{{Rule: jobs.RuleHoldField, Path: "Iban"}}
	for _, item := range []jobs.Item{blocked("00060", 1, 2, mapping.Problem{Code: mapping.ProblemMissingValue, Path: "Nir"}), held} {
		for _, ambiguous := range []bool{false, true} {
			item.Ambiguous = ambiguous
			text := textOf(t, locale.French, func(w io.Writer, p *text.Printer) error {
				return p.Run(w, run(jobs.Incomplete, tally(0, 0, item)), seq(item), view.Show{})
			})
			if strings.Contains(text, "un envoi précédent a pu être reçu") != ambiguous {
				t.Errorf("%s, in doubt %t:\n%s", item.State, ambiguous, text)
			}
		}
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	p := text.New(view.New(locale.English, view.Options{Partner: partner.OfSample().Name, Location: paris}), text.Look{Color: true})
	if err := p.Run(&b, run(jobs.Incomplete, tally(1, 0, everything()...)), seq(everything()...), view.Show{}); err != nil {
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
	p, r := printer(locale.French), run(jobs.Succeeded, jobs.Counts{})
	gone := errors.New("the ledger is gone")
	var fails iter.Seq2[jobs.Item, error] = func(yield func(jobs.Item, error) bool) { yield(jobs.Item{}, gone) }
	for _, err := range []error{
		p.Run(io.Discard, r, fails, view.Show{}),
		p.Run(io.Discard, r, fails, view.Show{Employees: []string{"1"}}),
		p.WriteRunJSON(io.Discard, r, fails, view.Show{}),
	} {
		if !errors.Is(err, gone) {
			t.Errorf("got %v, want the error of the items", err)
		}
	}
	items := []jobs.PlannedItem{{Item: everything()[0]}}
	for _, err := range []error{
		p.Run(brokenWriter{}, r, seq(), view.Show{}), p.Runs(brokenWriter{}, nil), p.Pull(brokenWriter{}, r, nil, view.Show{}),
		p.Audit(brokenWriter{}, nil), p.Periods(brokenWriter{}, nil), p.WriteAuditJSON(brokenWriter{}, nil),
		p.WritePeriodsJSON(brokenWriter{}, nil),
		p.Why(brokenWriter{}, &ledger.Story{}, view.Now{}), p.WriteWhyJSON(brokenWriter{}, &ledger.Story{}, view.Now{}),
		p.WriteRunJSON(brokenWriter{}, r, seq(), view.Show{}), p.WriteRunsJSON(brokenWriter{}, nil),
		p.NewPlanSink(brokenWriter{}, view.Subject{}, view.Show{}).Add(context.Background(), items),
		p.NewPlanJSON(brokenWriter{}, view.Subject{}).Add(context.Background(), items),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want the error of the writer", err)
		}
	}
	if err := p.Nomenclatures(io.Discard, test, nomenclatures, "Nope"); err == nil || !strings.Contains(err.Error(), "\nconseil\u00a0: ") {
		t.Errorf("an unknown nomenclature gives %v", err)
	}
}

// A job of 06:00 in Paris began at 06:00, whatever the clock of the machine says; what belongs to no job is by the clock of
// the rest.
func TestTimesAreByTheClockOfTheJob(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return location
	}
	began := time.Date(2026, 11, 30, 5, 0, 3, 0, time.UTC)
	p := text.New(view.New(locale.English, view.Options{Partner: partner.OfSample().Name, Location: zone("Europe/Paris"),
		Zones: map[string]*time.Location{"paie-974": zone("Indian/Reunion")}}), text.Look{})
	for job, want := range map[string][2]string{
		"paie":     {"30 November 2026, 06:00:03\n", "2026-11-30 06:00 "},
		"paie-974": {"30 November 2026, 09:00:03 (Indian/Reunion)", "2026-11-30 09:00 "},
	} {
		run := failed(jobs.ReasonStopped, "", jobs.Counts{})
		run.Job, run.StartedAt = job, &began
		var text, list bytes.Buffer
		if err := errors.Join(p.Run(&text, run, seq(), view.Show{}), p.Runs(&list, []*jobs.Run{run})); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), want[0]) || !strings.Contains(list.String(), want[1]) {
			t.Errorf("%s: %s%s", job, &text, &list)
		}
	}
}

// Of a run that was killed before its plan nobody knows whom it was for: it is told of nobody, and not of 0.
func TestRunWithoutAPlanCountsNobody(t *testing.T) {
	t.Parallel()
	killed := run(jobs.Running, jobs.Counts{})
	killed.Planned, killed.Interrupted, killed.FinishedAt = false, true, nil
	var b bytes.Buffer
	if err := printer(locale.English).Runs(&b, []*jobs.Run{killed}); err != nil {
		t.Fatal(err)
	}
	if line := b.String(); !strings.Contains(line, "interrupted") || strings.Count(line, "–") != 3 {
		t.Errorf("%s", line)
	}
	b.Reset()
	if err := printer(locale.English).Run(&b, killed, seq(), view.Show{}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, "No plan has been made.") || strings.Contains(text, " 0 ") {
		t.Errorf("%s", text)
	}
}
