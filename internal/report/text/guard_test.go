package text_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

var (
	manyUpdated = jobs.Finding{Rule: jobs.RuleUpdated, Holds: true, N: 32, Of: 40, Limit: 12,
		Keys: []string{"00001", "00002", "00003", "00004",
			"00005", "00006", "00007", "00008", "00009", "00010", "00011", "00012", "00013", "00014", "00015", "00016", "00017", "00018", "00019",
			"00020"}}
	noRows     = jobs.Finding{Rule: jobs.RuleNoRows, Holds: true}
	farTotal   = jobs.Finding{Rule: jobs.RuleCodeTotal, Holds: true, Path: "Elements[PRIME_EXC].Montant", Ratio: 3.4, Most: 2}
	lateOnes   = jobs.Finding{Rule: jobs.RuleLate, N: 3, Period: "2026-09", Keys: []string{"00012", "00031", "00042"}}
	newIban    = jobs.Finding{Rule: jobs.RuleHoldField, Holds: true, Path: "Iban"}
	sharedIban = jobs.Finding{Rule: jobs.RuleUnique, Holds: true, Path: "Iban", N: 1, Keys: []string{"00042"}}
	edited     = jobs.Finding{Rule: jobs.RuleDrift, Holds: true, N: 2, Path: "Adresse.Ville", Changes: []diff.Change{
		{Path: "Adresse.Ville", Op: "*", Old: `"RENNES"`, New: `"BRUZ"`}, {Path: "Iban", Op: "*", Masked: true}}}
)

// held is an item that waits for a person.
func held(key string, findings ...jobs.Finding) jobs.Item {
	item := ended(key, jobs.ItemHeld, jobs.ReasonChanged, "")
	item.Findings = findings
	return item
}

// unsettled is an item that waits until run 9's is settled.
func unsettled(key string) jobs.Item {
	return ended(key, jobs.ItemUnsettled, jobs.ReasonUnsettled, "9")
}

func pending(items ...jobs.Item) []jobs.Item { return toSend(items...) }

func TestRunWithGuards(t *testing.T) {
	t.Parallel()
	waiting := append(pending(staff(3)...), held("00070", newIban))
	heldRun := run(jobs.Held, tally(5, 9, waiting...))
	heldRun.Failure, heldRun.Findings = jobs.Reason{Code: jobs.ReasonGuard}, []jobs.Finding{manyUpdated, farTotal, lateOnes}
	approved := run(jobs.Succeeded, tally(5, 9, staff(3)...))
	approved.Findings, approved.ApprovedBy, approved.ApprovedFor = heldRun.Findings, "marie", "move of the whole site"
	expired := run(jobs.Cancelled, tally(5, 9, ended("00070", jobs.ItemSuperseded, jobs.ReasonExpired, "")))
	expired.Failure, expired.Findings = jobs.Reason{Code: jobs.ReasonExpired}, heldRun.Findings[:1]
	expired.CancelledBy, expired.CancelledFor = "syncd", "nobody decided in time"
	replanned := run(jobs.Cancelled, tally(5, 9, ended("00070", jobs.ItemSuperseded, jobs.ReasonReplanned, "13")))
	replanned.Failure, replanned.CancelledBy = jobs.Reason{Code: jobs.ReasonReplanned, Detail: "13"}, "syncd"
	empty := run(jobs.Held, jobs.Counts{})
	empty.Failure, empty.Findings = jobs.Reason{Code: jobs.ReasonGuard}, []jobs.Finding{noRows}
	nobody, nobodyLeft := *empty, *run(jobs.Incomplete, jobs.Counts{Departed: 1})
	nobody.State, nobody.Failure, nobody.ApprovedBy, nobody.ApprovedFor = jobs.Succeeded, jobs.Reason{}, "marie", "summer"
	nobodyLeft.Findings = empty.Findings
	some := []jobs.Item{accepted("00001", jobs.Created, 3), gone("00031", jobs.ItemDeparted, jobs.ReasonDeparted),
		unsettled("00060"), held("00070", newIban, sharedIban), held("00071", edited), gone("00090", jobs.ItemWithdrawn, jobs.ReasonSettled)}
	released := accepted("00070", jobs.Updated, 1, mover...)
	released.Findings = []jobs.Finding{newIban}
	for _, c := range []struct {
		name  string
		run   *jobs.Run
		items []jobs.Item
		show  view.Show
	}{
		{"held", heldRun, waiting, view.Show{}},
		{"approved", approved, staff(3), view.Show{}},
		{"expired", expired, []jobs.Item{ended("00070", jobs.ItemSuperseded, jobs.ReasonExpired, "")}, view.Show{}},
		{"replanned", replanned, []jobs.Item{ended("00070", jobs.ItemSuperseded, jobs.ReasonReplanned, "13")}, view.Show{}},
		{"decisions", run(jobs.Incomplete, tally(5, 9, some...)), some, view.Show{}},
		{"released", run(jobs.Succeeded, tally(5, 9, released)), []jobs.Item{released}, view.Show{Employees: []string{"00070"}}},
		{"nobody-held", empty, nil, view.Show{}},
		{"nobody", &nobody, nil, view.Show{}},
		{"nobody-left", &nobodyLeft, []jobs.Item{gone("00031", jobs.ItemDeparted, jobs.ReasonDeparted)}, view.Show{}},
		{"not-ready", failed(jobs.ReasonNotReady, (&jobs.NotReadyError{}).Error(), jobs.Counts{}), nil, view.Show{}},
		{"staging-locked", failed(jobs.ReasonStagingLocked, "staging.payroll_element", jobs.Counts{}), nil, view.Show{}},
		{"staging-replaced", failed(jobs.ReasonStagingReplaced, "staging.payroll_element", jobs.Counts{}), nil, view.Show{}},
		{"staging-refused", failed(jobs.ReasonStagingRefused, "28P01", jobs.Counts{}), nil, view.Show{}},
		{"ledger-refused", failed(jobs.ReasonLedgerRefused, "42501", jobs.Counts{}), nil, view.Show{}},
		{"staging-limit", failed(jobs.ReasonStagingRefused, "F0000", jobs.Counts{}), nil, view.Show{}},
		{"closed", failed(jobs.ReasonClosed, (&jobs.ClosedError{Period: "2026-11"}).Error(), jobs.Counts{}), nil, view.Show{}},
	} {
		golden(t, "guard-"+c.name, func(w io.Writer, p *text.Printer) error { return p.Run(w, c.run, seq(c.items...), c.show) })
	}
}

// numbered gives items the places that they have in a plan.
func numbered(items ...jobs.Item) []jobs.PlannedItem {
	var out []jobs.PlannedItem
	for i, item := range items {
		item.Seq = i + 1
		out = append(out, jobs.PlannedItem{Item: item})
	}
	return out
}

func TestPlanWithGuards(t *testing.T) {
	t.Parallel()
	subject := view.Subject{Job: "paie", Target: test, Period: "2026-11", PeriodImplied: true}
	items := append(pending(accepted("00001", jobs.Created, 3, newcomer...), accepted("00002", jobs.Updated, 1, mover...)),
		unsettled("00060"), held("00070", newIban), held("00071", edited))
	later := []jobs.Hold{{Seq: 1, Key: "00001", Finding: sharedIban},
		{Seq: 1, Key: "00001", Finding: jobs.Finding{Rule: jobs.RuleUnique, Holds: true, Path: "Nir", N: 1, Keys: []string{"00042"}}},
		{Seq: 4, Key: "00070", Finding: sharedIban}}
	counts := tally(5, 9, items...)
	counts.NotAttempted--
	counts.Held++
	plan := func(sink interface {
		jobs.PlanSink
		Finish(jobs.Counts, string, []jobs.Finding, *jobs.Sums) error
	}, findings ...jobs.Finding,
	) error {
		if err := sink.Add(context.Background(), numbered(items...)); err != nil {
			return err
		}
		if err := sink.Hold(context.Background(), later); err != nil {
			return err
		}
		return sink.Finish(counts, "91ab", findings, nil)
	}
	golden(t, "plan-held", func(w io.Writer, p *text.Printer) error {
		return plan(p.NewPlanSink(w, subject, view.Show{Diff: true}), manyUpdated, lateOnes)
	})
	golden(t, "plan-nobody", func(w io.Writer, p *text.Printer) error {
		return p.NewPlanSink(w, subject, view.Show{}).Finish(jobs.Counts{}, "91ab", []jobs.Finding{noRows}, nil)
	})
	golden(t, "plan-holds", func(w io.Writer, p *text.Printer) error {
		return plan(p.NewPlanSink(w, subject, view.Show{}))
	})
	var b bytes.Buffer
	if err := plan(printer(locale.English).NewPlanJSON(&b, subject), manyUpdated, lateOnes); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Items []struct{ Findings []struct{ Rule, Text string } }
		Holds []struct {
			Seq     int
			Key     string
			Finding struct{ Rule, Path, Text string }
		}
		Findings []struct {
			Rule, Text string
			Holds      bool
			Keys       []string
		}
		Digest string
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if len(got.Items) != 5 || len(got.Items[3].Findings) != 1 || got.Items[3].Findings[0].Text == "" || got.Digest != "91ab" {
		t.Errorf("the plan came back as %+v", got)
	}
	if len(got.Holds) != 3 || got.Holds[1].Seq != 1 || got.Holds[1].Key != "00001" || got.Holds[1].Finding.Path != "Nir" ||
		got.Holds[1].Finding.Text == "" {
		t.Errorf("the holds came back as %+v", got.Holds)
	}
	if len(got.Findings) != 2 || !got.Findings[0].Holds || got.Findings[1].Holds || got.Findings[1].Text == "" ||
		!slices.Equal(got.Findings[0].Keys, manyUpdated.Keys) {
		t.Errorf("the findings came back as %+v", got.Findings)
	}
}

func TestRunJSONWithGuards(t *testing.T) {
	t.Parallel()
	r := run(jobs.Incomplete, tally(0, 0, held("00070", newIban)))
	r.Findings, r.FailedOf = []jobs.Finding{lateOnes}, 11
	var b bytes.Buffer
	if err := printer(locale.French).WriteRunJSON(&b, r, seq(held("00070", newIban)), view.Show{}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		FailedOf int64 `json:"failed_of"`
		Findings []struct{ Rule, Period, Text string }
		Items    []struct {
			Findings []struct{ Rule, Path, Text string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.FailedOf != 11 || len(got.Findings) != 1 || got.Findings[0].Period != "2026-09" || got.Findings[0].Text == "" ||
		len(got.Items[0].Findings) != 1 || got.Items[0].Findings[0].Path != "Iban" {
		t.Errorf("the run came back as %+v", got)
	}
}

// planJSON gives one item to a sink, which is held after all.
func planJSON(sink *view.PlanJSON, item jobs.Item) error {
	if err := sink.Add(context.Background(), numbered(item)); err != nil {
		return err
	}
	if err := sink.Hold(context.Background(), []jobs.Hold{{Seq: 1, Key: item.Key, Finding: item.Findings[0]}}); err != nil {
		return err
	}
	return sink.Finish(jobs.Counts{}, "", item.Findings, nil)
}
