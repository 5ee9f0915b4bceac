package text_test

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// hostile tries to clear the screen, to overwrite a line, to begin one of the report's own, and to turn text around.
const hostile = "X\x1b[2J\x1b]8;;http://evil\x07\r\nWhat to do now\u009b1m\u202e\x9b"

var hostileFinding = jobs.Finding{Rule: jobs.RuleUnique, Holds: true, Path: hostile, Keys: []string{hostile}, Period: hostile,
	Changes: []diff.Change{{Path: hostile, Op: "*", Old: strconv.Quote(hostile), New: hostile}}}

// hostileContract is what the document of an API may hold.
var (
	hostileContract = []jobs.ContractChange{{Operation: hostile, Path: hostile, Kind: jobs.ContractFormatNarrowed,
		Old: jobs.ContractSide{Text: hostile}, New: jobs.ContractSide{Text: hostile},
		Breaking: true},
		{Operation: hostile, Path: hostile, Kind: hostile}}
	hostileProblem = mapping.Problem{Code: mapping.ProblemNoMatch, Path: "/" + hostile, Column: hostile, Value: hostile, Want: hostile,
		Got: hostile}
	hostileContents = jobs.Finding{Rule: jobs.RuleUnknownMember, Holds: true, Job: hostile, Members: []string{hostile},
		Contract: hostileContract}
	hostileImpact = jobs.Impact{Job: hostile, Period: hostile, N: 1,
		Employees: []jobs.ImpactedEmployee{{Key: hostile, Problems: []mapping.Problem{hostileProblem}}}}
)

func hostileItems() []jobs.Item {
	refused := ended(hostile, jobs.ItemRejected, jobs.ReasonRejected, hostile)
	return []jobs.Item{
		accepted(hostile, jobs.Updated, 1, diff.Change{Path: hostile, Op: "*", Old: strconv.Quote(hostile), New: hostile},
			diff.Change{Path: "Elements[A]", Op: "+", New: "{\"" + "\u009b" + "\":\"\u202e\"}"}),
		blocked(hostile, 1, 1, mapping.Problem{Code: mapping.ProblemUnknownCode, Path: hostile, Column: hostile, Value: hostile,
			Nomenclature: hostile, Nearest: []mapping.Nearest{{Code: hostile, Label: hostile}}}, hostileProblem),
		refused,
		ended(hostile, "new-state"+hostile, "new-reason"+hostile, hostile),
		gone(hostile, jobs.ItemDeparted, jobs.ReasonDeparted),
		held(hostile, hostileFinding),
	}
}

func hostileRun() *jobs.Run {
	r := run(jobs.Failed, tally(1, 0, hostileItems()...))
	r.Job, r.Target.Dossier, r.Target.Partner, r.Target.Environment, r.RequestedBy, r.Host, r.Version = hostile, hostile, hostile, hostile,
		hostile, hostile, hostile
	r.Findings = []jobs.Finding{hostileFinding, hostileContents, {Rule: "new-rule" + hostile}}
	r.Employees, r.Failure = []string{hostile}, jobs.Reason{Code: jobs.ReasonConfiguration, Detail: hostile}
	return r
}

func hostileAudit() []ledger.AuditEntry {
	return []ledger.AuditEntry{{Actor: hostile, Decision: hostile, Dossier: hostile, Environment: hostile, Job: hostile, Period: hostile,
		Employees: []string{hostile}, Reason: hostile, Detail: hostile, Host: hostile, Version: hostile, ConfigDigest: hostile}}
}

func hostileStory() *ledger.Story {
	r := hostileRun()
	story := &ledger.Story{Target: r.Target, Key: hostile, Decisions: hostileAudit(), Known: []ledger.Known{{Period: hostile}}}
	for _, item := range hostileItems() {
		story.Lines = append(story.Lines, ledger.StoryLine{Run: *r, Item: item})
	}
	return story
}

// drives tells of characters that do something to a terminal, or to the order of the text.
func drives(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

func TestDataDoesNotDriveTheTerminal(t *testing.T) {
	t.Parallel()
	r, items := hostileRun(), hostileItems()
	subject := view.Subject{Job: hostile, Target: r.Target, Period: hostile, Employees: []string{hostile}}
	entry := mapping.Entry{Code: hostile, Label: hostile}
	changes := []jobs.NomenclatureChange{{Name: hostile, Code: hostile, Difference: jobs.Updated, Old: entry, New: entry}}
	lists := mapping.Nomenclatures{hostile: {hostile: entry}}
	for name, write := range map[string]func(io.Writer, *text.Printer) error{
		"run": func(w io.Writer, p *text.Printer) error { return p.Run(w, r, seq(items...), view.Show{}) },
		"diff": func(w io.Writer, p *text.Printer) error {
			return p.Run(w, r, seq(items...), view.Show{Diff: true, All: true})
		},
		"employee": func(w io.Writer, p *text.Printer) error {
			return p.Run(w, r, seq(items...), view.Show{Employees: []string{hostile, "\x1b"}})
		},
		"contract":    func(w io.Writer, p *text.Printer) error { return p.ContractChanges(w, hostileContract) },
		"impact":      func(w io.Writer, p *text.Printer) error { return p.Impact(w, r.Target, hostileImpact) },
		"impact json": func(w io.Writer, p *text.Printer) error { return p.WriteImpactJSON(w, r.Target, hostileImpact) },
		"audit":       func(w io.Writer, p *text.Printer) error { return p.Audit(w, hostileAudit()) },
		"audit json":  func(w io.Writer, p *text.Printer) error { return p.WriteAuditJSON(w, hostileAudit()) },
		"periods": func(w io.Writer, p *text.Printer) error {
			return p.Periods(w, []ledger.Closing{{Target: r.Target, Period: hostile, ClosedBy: hostile, Reason: hostile}})
		},
		"why": func(w io.Writer, p *text.Printer) error {
			return p.Why(w, hostileStory(), view.Now{Err: errors.New(hostile)})
		},
		"why json": func(w io.Writer, p *text.Printer) error {
			return p.WriteWhyJSON(w, hostileStory(), view.Now{Err: errors.New(hostile)})
		},
		"runs": func(w io.Writer, p *text.Printer) error { return p.Runs(w, []*jobs.Run{r}) },
		"plan": func(w io.Writer, p *text.Printer) error {
			return planned(p.NewPlanSink(w, subject, view.Show{Diff: true}), r.Counts, items...)
		},
		"pull":       func(w io.Writer, p *text.Printer) error { return p.Pull(w, r, changes, view.Show{}) },
		"dictionary": func(w io.Writer, p *text.Printer) error { return p.Nomenclatures(w, r.Target, lists, hostile) },
		"lists":      func(w io.Writer, p *text.Printer) error { return p.Nomenclatures(w, r.Target, lists, "") },
		"run json":   func(w io.Writer, p *text.Printer) error { return p.WriteRunJSON(w, r, seq(items...), view.Show{}) },
		"pull json":  func(w io.Writer, p *text.Printer) error { return p.WritePullJSON(w, r, changes) },
		"lists json": func(w io.Writer, p *text.Printer) error { return p.WriteNomenclaturesJSON(w, lists, "") },
	} {
		for _, language := range languages {
			text := textOf(t, language, write)
			for i, r := range text {
				if r != '\n' && drives(r) {
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
			if strings.ContainsFunc(text, drives) {
				t.Errorf("%q holds a control character", text)
			}
		}
	}
}
