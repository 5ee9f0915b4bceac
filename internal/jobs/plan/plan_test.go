package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// desk is a staging, a baseline without documents and a sink in memory.
type desk struct {
	employees, elements []string
	baseline            string
	unchanged           string // the one matricule whose document was acknowledged as it is; "" = none
	items               []jobs.PlannedItem
}

func (d *desk) Snapshot(context.Context, jobs.Source, mapping.Params, []string) (jobs.Snapshot, error) {
	return columned{tables{employees: &list{keys: d.employees, at: -1}, children: []*list{{keys: d.elements, at: -1}}}}, nil
}

func (d *desk) Baseline(context.Context, int64, []string) (jobs.BaselineRows, error) {
	if d.unchanged != "" {
		return &sentAsPlanned{entries{list: rows(d.unchanged + "/2026-11")}}, nil
	}
	return &entries{list: rows(d.baseline)}, nil
}

// sentAsPlanned are entries whose documents are those that desks plan.
type sentAsPlanned struct{ entries }

func (a *sentAsPlanned) Entry() *jobs.BaselineEntry {
	fingerprint := (&desk{}).Sum(fmt.Appendf(nil, `{"Code":%q,"Elements":[]}`, a.entry.Key))
	a.entry.Fingerprint = fingerprint[:]
	return &a.entry
}

func (d *desk) Documents(_ context.Context, _ int64, refs []jobs.DocumentRef) ([]jobs.Acknowledged, error) {
	return make([]jobs.Acknowledged, len(refs)), nil
}

func (d *desk) Apart(context.Context, int64, jobs.Period, []string) (jobs.Apart, error) {
	return jobs.Apart{}, nil
}

func (d *desk) History(context.Context, int64, jobs.Period) (jobs.History, error) {
	return jobs.History{}, nil
}
func (d *desk) Sharing(context.Context, jobs.Target) ([]jobs.OtherTarget, error) { return nil, nil }
func (d *desk) Hold(context.Context, []jobs.Hold) error                          { return nil }

func (d *desk) Traced(_ context.Context, _ int64, traces []jobs.Trace) ([][]string, error) {
	return make([][]string, len(traces)), nil
}

func (d *desk) Fingerprinter() jobs.Fingerprinter { return d }
func (d *desk) Lasting() jobs.Fingerprinter       { return d }
func (d *desk) Sum(document []byte) (f [32]byte)  { copy(f[:], document); return f }

func (d *desk) Add(_ context.Context, items []jobs.PlannedItem) error {
	d.items = append(d.items, items...)
	return nil
}

// columned are tables whose rows have the column m.
type columned struct{ tables }

func (columned) Shape() mapping.Shape {
	m := []mapping.Column{{Name: "m", Type: 25}}
	return mapping.Shape{Employee: m, Children: [][]mapping.Column{m}}
}

// deskJob maps the rows of a desk by one field.
func deskJob(field mapping.Field) *jobs.PushJob {
	fields := []mapping.Field{field}
	return &jobs.PushJob{Name: "paie", Source: jobs.Source{Children: make([]jobs.ChildSource, 1)},
		Mapping: mapping.Spec{Fields: fields, Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: fields}}}}
}

// planned plans what is on the desk.
func (d *desk) planned(t *testing.T) jobs.Counts {
	t.Helper()
	slices.Sort(d.employees) // as staging gives them
	slices.Sort(d.elements)
	plan, err := Make(t.Context(), d.pass(mapping.Field{Path: "Code", Column: "m"}))
	if err != nil {
		t.Fatal(err)
	}
	return plan.Counts
}

// pass is one over the desk, of a job of one field.
func (d *desk) pass(field mapping.Field) *jobs.Pass {
	return &jobs.Pass{Job: deskJob(field), Period: "2026-11", Staging: d, Ledger: d, Progress: jobs.Silent{}, Sink: d}
}

// A matricule that cannot be one blocks its employee and its elements, not the plan, and is told in a form that the
// ledger and a terminal can take.
func TestBadKeysBlockTheirRowsAlone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 12_000)
	d := &desk{
		employees: []string{"  ", " 1", "1", "2\t", "2\t", "3", long + "a", long + "b"},
		elements:  []string{" 1", "1", "4 ", "4 ", long + "a"},
	}
	counts := d.planned(t)
	short := strings.Repeat("x", 197) + "…"
	want := []string{`"  " blocked 1+0 bad-key×1`, `" 1" blocked 1+1 bad-key×1`, `"1" pending 1+1`, `"2�" blocked 2+0 bad-key×2`,
		`"3" pending 1+0`,
		// who has no employee comes last
		`"` + short + `" blocked 1+1 bad-key×1`, `"` + short + `" blocked 1+0 bad-key×1`, `"4 " blocked 0+2 bad-key×2`}
	var got []string
	for _, item := range d.items {
		text := fmt.Sprintf("%q %s %d+%d", item.Key, item.State, item.Employees, item.Elements)
		for _, problem := range item.Problems {
			text += fmt.Sprintf(" %s×%d", problem.Code, problem.Count)
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("items\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if counts.EmployeesRead != 8 || counts.Blocked != 6 || counts.NotAttempted != 2 || counts.ElementsRead != 5 ||
		counts.ElementsInDocuments != 1 || counts.ElementsBlocked != 4 {
		t.Errorf("%+v", counts)
	}
}

// What was sent under a key is settled under that very key: a shortened one is nobody's.
func TestAShortenedKeyIsNobodysBaseline(t *testing.T) {
	t.Parallel()
	short := strings.Repeat("x", 197) + "…"
	d := &desk{employees: []string{"1", strings.Repeat("x", 12_000)}, elements: []string{"2\x7f"}, baseline: "2\x7f/2026-11 " + short +
		"/2026-11"}
	d.planned(t)
	var got []string
	for _, item := range d.items {
		got = append(got, fmt.Sprintf("%q %s %d", item.Key, item.State, item.BaselineVersion))
	}
	want := []string{`"1" pending 0`, `"2\x7f" departed 1`, `"` + short + `" blocked 0`, `"` + short + `" departed 1`, `"2�" blocked 1`}
	if !slices.Equal(got, want) {
		t.Errorf("items\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a plan does with codes that are withdrawn, or unknown, can be told before they are.
func TestImpactOfNomenclatures(t *testing.T) {
	t.Parallel()
	d := &desk{employees: []string{"A", "B", "C"}}
	job := deskJob(mapping.Field{Path: "Code", Column: "m", Nomenclature: "N"})
	r := &jobs.Runner{Staging: d, Ledger: deskLedger{desk: d}, Plan: Make}
	codes := mapping.Nomenclatures{"N": {"A": {Code: "A", Active: true}, "B": {Code: "B"}}}
	impact, err := r.Impact(t.Context(), jobs.Forecast{Job: job, Period: "2026-12"}, jobs.Target{}, codes)
	if err != nil {
		t.Fatal(err)
	}
	if impact.N != 2 || impact.Read != 3 || impact.Employees[0].Key != "B" || impact.Employees[1].Key != "C" || impact.Job != "paie" ||
		impact.Period != "2026-12" {
		t.Errorf("%+v", impact)
	}
}

// deskLedger is a ledger of which only the baseline is asked.
type deskLedger struct {
	jobs.Ledger
	desk *desk
}

func (l deskLedger) Baseline(ctx context.Context, target int64, keys []string) (jobs.BaselineRows, error) {
	return l.desk.Baseline(ctx, target, keys)
}

func (l deskLedger) Documents(ctx context.Context, target int64, refs []jobs.DocumentRef) ([]jobs.Acknowledged, error) {
	return l.desk.Documents(ctx, target, refs)
}

func (l deskLedger) History(ctx context.Context, target int64, period jobs.Period) (jobs.History, error) {
	return l.desk.History(ctx, target, period)
}

func (l deskLedger) Fingerprinter() jobs.Fingerprinter { return l.desk }
