package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"syncd/internal/mapping"
)

// desk is a staging, a baseline without documents and a sink in memory.
type desk struct {
	employees, elements []string
	baseline            string
	unchanged           string // the one matricule whose document was acknowledged as it is; "" = none
	items               []PlannedItem
}

func (d *desk) Snapshot(context.Context, Source, mapping.Params, []string) (Snapshot, error) {
	return columned{tables{employees: &list{keys: d.employees, at: -1}, children: []*list{{keys: d.elements, at: -1}}}}, nil
}

func (d *desk) Baseline(context.Context, int64, []string) (BaselineRows, error) {
	if d.unchanged != "" {
		return &sentAsPlanned{entries{list: rows(d.unchanged + "/2026-11")}}, nil
	}
	return &entries{list: rows(d.baseline)}, nil
}

// sentAsPlanned are entries whose documents are those that desks plan.
type sentAsPlanned struct{ entries }

func (a *sentAsPlanned) Entry() *BaselineEntry {
	fingerprint := (&desk{}).Sum(fmt.Appendf(nil, `{"Code":%q,"Elements":[]}`, a.entry.Key))
	a.entry.Fingerprint = fingerprint[:]
	return &a.entry
}

func (d *desk) Documents(_ context.Context, _ int64, refs []DocumentRef) ([]Acknowledged, error) {
	return make([]Acknowledged, len(refs)), nil
}

func (d *desk) Apart(context.Context, int64, Period, []string) (Apart, error) { return Apart{}, nil }

func (d *desk) History(context.Context, int64, Period) (History, error) { return History{}, nil }
func (d *desk) Sharing(context.Context, Target) ([]OtherTarget, error)  { return nil, nil }
func (d *desk) Hold(context.Context, []Hold) error                      { return nil }

func (d *desk) Traced(_ context.Context, _ int64, traces []Trace) ([][]string, error) {
	return make([][]string, len(traces)), nil
}

func (d *desk) Fingerprinter() Fingerprinter     { return d }
func (d *desk) Lasting() Fingerprinter           { return d }
func (d *desk) Sum(document []byte) (f [32]byte) { copy(f[:], document); return f }

func (d *desk) Add(_ context.Context, items []PlannedItem) error {
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
func deskJob(field mapping.Field) *PushJob {
	fields := []mapping.Field{field}
	return &PushJob{Name: "paie", Source: Source{Children: make([]ChildSource, 1)},
		Mapping: mapping.Spec{Fields: fields, Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: fields}}}}
}

// planned plans what is on the desk.
func (d *desk) planned(t *testing.T) Counts {
	t.Helper()
	slices.Sort(d.employees) // as staging gives them
	slices.Sort(d.elements)
	p := &planning{job: deskJob(mapping.Field{Path: "Code", Column: "m"}), period: "2026-11", staging: d, ledger: d, sink: d, progress: quiet{}}
	if err := p.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return p.counts
}

type quiet struct{ Progress }

func (quiet) Planning(int) {}

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
	want := []string{`"  " blocked 1+0 bad-key×1`, `" 1" blocked 1+1 bad-key×1`, `"1" pending 1+1`, `"2�" blocked 2+0 bad-key×2`, `"3" pending 1+0`,
		`"` + short + `" blocked 1+1 bad-key×1`, `"` + short + `" blocked 1+0 bad-key×1`, `"4 " blocked 0+2 bad-key×2`} // who has no employee comes last
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
	d := &desk{employees: []string{"1", strings.Repeat("x", 12_000)}, elements: []string{"2\x7f"}, baseline: "2\x7f/2026-11 " + short + "/2026-11"}
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
