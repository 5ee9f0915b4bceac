package text_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

const (
	salarie = "POST /V2/Salarie"
	digest  = "3d40adbc0f12a7e5b1c2"
)

var (
	newlyRequired = jobs.ContractChange{Operation: salarie, Path: "Contrat.CodeNature", Kind: jobs.ContractMemberRequired, Breaking: true}
	narrowed      = jobs.ContractChange{Operation: salarie, Path: "Elements[].Montant", Kind: jobs.ContractTypeNarrowed,
		Old: jobs.ContractSide{Text: "number"}, New: jobs.ContractSide{Text: "integer"}, Breaking: true}
	dropped = jobs.ContractChange{Operation: "GET /V2/Dossier", Kind: jobs.ContractOperationRemoved, Breaking: true}
	added   = jobs.ContractChange{Operation: salarie, Path: "Bic", Kind: jobs.ContractMemberAdded, New: jobs.ContractSide{Text: "string"}}
	widened = jobs.ContractChange{Operation: salarie, Path: "NomUsage", Kind: jobs.ContractWidened,
		Old: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "50"}},
		New: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "80"}}}

	broken    = jobs.Finding{Rule: jobs.RuleContract, Holds: true, N: 12, Contract: []jobs.ContractChange{newlyRequired, narrowed}}
	noticed   = jobs.Finding{Rule: jobs.RuleContract, N: 2, Contract: []jobs.ContractChange{newlyRequired, narrowed}}
	consented = jobs.Finding{Rule: jobs.RuleContractAccepted, N: 1, Contract: []jobs.ContractChange{newlyRequired}}
	unknown   = jobs.Finding{Rule: jobs.RuleUnknownMember, Holds: true, N: 2, Members: []string{"NomDeJeuneFille", "Elements[].Libelle"}}
	additions = jobs.Finding{Rule: jobs.RuleContractAdded, N: 2, Contract: []jobs.ContractChange{added, widened}}
	stale     = jobs.Finding{Rule: jobs.RuleContractStale, N: 3, Keys: []string{"00012", "00031", "00042"}}
	forecast  = jobs.Finding{Rule: jobs.RuleImpact, N: 2, Of: 40, Job: "paie", Period: "2026-12", Keys: []string{"00012", "00042"}}

	longName = mapping.Problem{Code: mapping.ProblemTooLong, Path: "/NomNaissance", Column: "nom_naissance",
		Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "80"}, Size: 93}
	noMail     = mapping.Problem{Code: mapping.ProblemRequired, Path: "/Email", Want: "string"}
	textAmount = mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Elements/2/Montant", Column: "amount", Want: "number", Got: "string",
		Value: "douze"}
	secretBirth = mapping.Problem{Code: mapping.ProblemWrongFormat, Path: "/DateNaissance", Column: "date_naissance", Want: "date",
		Got: "string"}
)

func TestRunUnderAContract(t *testing.T) {
	t.Parallel()
	refused := []jobs.Item{blocked("00042", 1, 3, longName, noMail, textAmount), blocked("00043", 1, 0, secretBirth)}
	heldBy := func(findings ...jobs.Finding) *jobs.Run {
		r := run(jobs.Held, tally(5, 9, pending(staff(3)...)...))
		r.Failure, r.Findings, r.Digests.Contract = jobs.Reason{Code: jobs.ReasonGuard}, findings, digest
		return r
	}
	outdated := run(jobs.Held, tally(5, 9, pending(staff(3)...)...))
	outdated.Failure = jobs.Reason{Code: jobs.ReasonContract}
	half := append(pending(staff(3)...), accepted("00001", jobs.Updated, 1))
	midway := run(jobs.Held, tally(5, 9, half...))
	midway.Failure = outdated.Failure
	fine := run(jobs.Succeeded, tally(5, 9, staff(3)...))
	fine.Findings, fine.ApprovedBy, fine.ApprovedFor = []jobs.Finding{broken, additions}, "marie", "announced by FNOGEC"
	inside := []jobs.Item{ended("00055", jobs.ItemRejected, jobs.ReasonRejected, "Le NIR est inconnu.")}
	inside[0].HTTPStatus = 200
	allBlocked := run(jobs.Incomplete, tally(5, 9, refused...))
	allBlocked.Findings, allBlocked.Digests.Contract = []jobs.Finding{noticed, consented}, digest
	for _, c := range []struct {
		name  string
		run   *jobs.Run
		items []jobs.Item
	}{
		{"all-blocked", allBlocked, refused},
		{"refused-inside", run(jobs.Incomplete, tally(5, 9, inside...)), inside},
		{"held-both", heldBy(broken, unknown), pending(staff(3)...)},
		{"blocked", run(jobs.Incomplete, tally(5, 9, refused...)), refused},
		{"refuses-most", run(jobs.Incomplete, tally(1, 9, refused...)), refused},
		{"held", heldBy(broken, additions, stale), pending(staff(3)...)},
		{"held-too", heldBy(broken, unknown, farTotal), pending(staff(3)...)},
		{"unknown-member", heldBy(unknown), pending(staff(3)...)},
		{"no-json", heldBy(jobs.Finding{Rule: jobs.RuleNoJSON, Holds: true, Members: []string{"multipart/form-data"}}), pending(staff(3)...)},
		{"no-body", heldBy(jobs.Finding{Rule: jobs.RuleNoJSON, Holds: true}), pending(staff(3)...)},
		{"outdated", outdated, pending(staff(3)...)},
		{"outdated-midway", midway, half},
		{"accepted", fine, staff(3)},
	} {
		golden(t, "contract-"+c.name, func(w io.Writer, p *text.Printer) error { return p.Run(w, c.run, seq(c.items...), view.Show{}) })
	}
}

func TestPlanUnderAContract(t *testing.T) {
	t.Parallel()
	subject := view.Subject{Job: "paie", Target: test, Period: "2026-11", PeriodImplied: true}
	some := pending(staff(2)...)
	for name, c := range map[string]struct {
		items    []jobs.Item
		findings []jobs.Finding
	}{
		"plan-contract":         {some, []jobs.Finding{broken, additions}},
		"plan-contract-too":     {some, []jobs.Finding{broken, unknown}},
		"plan-contract-blocked": {[]jobs.Item{blocked("00042", 1, 3, noMail)}, []jobs.Finding{noticed}},
	} {
		golden(t, name, func(w io.Writer, p *text.Printer) error {
			sink := p.NewPlanSink(w, subject, view.Show{})
			if err := sink.Add(context.Background(), numbered(c.items...)); err != nil {
				return err
			}
			return sink.Finish(tally(5, 9, c.items...), "91ab", c.findings, nil)
		})
	}
}

func TestContractChanges(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]jobs.ContractChange{
		"contract-changes":           {dropped, newlyRequired, narrowed, added, widened},
		"contract-changes-additions": {added},
		"contract-changes-none":      nil,
	} {
		golden(t, name, func(w io.Writer, p *text.Printer) error { return p.ContractChanges(w, changes) })
	}
}

var blockedByCodes = jobs.Impact{Job: "paie", Period: "2026-12", Read: 40, N: 2, Employees: []jobs.ImpactedEmployee{
	{Key: "00012", Problems: []mapping.Problem{unknownFunction, withdrawnElement}},
	{Key: "00042", Problems: []mapping.Problem{withdrawnElement}}}}

func TestImpact(t *testing.T) {
	t.Parallel()
	cut := blockedByCodes
	cut.N = 30
	for name, impact := range map[string]jobs.Impact{"impact": blockedByCodes, "impact-cut": cut,
		"impact-nobody": {Job: "paie", Period: "2026-12", Read: 40}} {
		golden(t, name, func(w io.Writer, p *text.Printer) error { return p.Impact(w, test, impact) })
	}
}

func TestPullForecast(t *testing.T) {
	t.Parallel()
	withdrawn := []jobs.NomenclatureChange{{Name: "Strate", Code: "V", Difference: jobs.Departed,
		Old: mapping.Entry{Code: "V", Label: "Strate V", Active: true}}}
	applied, waiting, unclear := pull(jobs.Succeeded), pull(jobs.Held), pull(jobs.Succeeded)
	applied.Findings = []jobs.Finding{forecast}
	waiting.Failure, waiting.Findings = withdraws, []jobs.Finding{forecast}
	unclear.Findings = []jobs.Finding{{Rule: jobs.RuleImpactUnknown, Job: "paie", Period: "2026-12"}}
	for name, r := range map[string]*jobs.Run{"pull-impact": applied, "pull-held-impact": waiting, "pull-impact-unknown": unclear} {
		golden(t, name, func(w io.Writer, p *text.Printer) error { return p.Pull(w, r, withdrawn, view.Show{}) })
	}
	var b bytes.Buffer
	if err := printer(locale.English).WritePullJSON(&b, applied, withdrawn); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Findings []struct{ Rule, Job, Period, Text string }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got.Findings) != 1 || got.Findings[0].Job != "paie" ||
		got.Findings[0].Text == "" {
		t.Errorf("%v: the pull came back as %+v", err, got)
	}
}

func TestContractJSON(t *testing.T) {
	t.Parallel()
	r := run(jobs.Held, jobs.Counts{})
	r.Failure = jobs.Reason{Code: jobs.ReasonGuard}
	r.Findings = []jobs.Finding{broken, unknown}
	var b bytes.Buffer
	if err := printer(locale.French).WriteRunJSON(&b, r, seq(blocked("00042", 1, 3, longName)), view.Show{}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Failure  struct{ Text string }
		Findings []struct {
			Members  []string
			Contract []struct{ Operation, Path, Kind, Old, New, Text string }
		}
		Items []struct {
			Problems []struct{ Code, Path, Want, Got, Text string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if strings.Contains(got.Failure.Text, "garde-fous") || !strings.Contains(got.Failure.Text, "contrat") {
		t.Errorf("the run is held as %q", got.Failure.Text)
	}
	if len(got.Findings) != 2 || len(got.Findings[0].Contract) != 2 || got.Findings[0].Contract[1].Old != "number" ||
		got.Findings[0].Contract[0].Text == "" || len(got.Findings[1].Members) != 2 || got.Findings[1].Contract != nil {
		t.Errorf("the findings came back as %+v", got.Findings)
	}
	if p := got.Items[0].Problems[0]; p.Path != "/NomNaissance" || p.Want != "80" || p.Got != "93" || p.Text == "" {
		t.Errorf("the problem came back as %+v", p)
	}
}

func TestImpactJSON(t *testing.T) {
	t.Parallel()
	for want, impact := range map[int]jobs.Impact{2: blockedByCodes, 0: {Job: "paie", Period: "2026-12"}} {
		var b bytes.Buffer
		if err := printer(locale.French).WriteImpactJSON(&b, test, impact); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Job, Dossier, Period string
			Read                 int `json:"employees_read"`
			Blocked              int
			Employees            []struct {
				Key      string
				Problems []struct{ Code, Text string }
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if got.Job != "paie" || got.Dossier != "saint-martin" || got.Period != "2026-12" || got.Blocked != want || got.Employees == nil ||
			len(got.Employees) != want {
			t.Errorf("the impact came back as %+v", got)
		}
		if want > 0 && (len(got.Employees[0].Problems) != 2 || got.Employees[0].Problems[0].Text == "") {
			t.Errorf("the problems came back as %+v", got.Employees[0].Problems)
		}
	}
}

func TestContractChangesJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(printer(locale.English).ContractChangesOf(nil))
	if err != nil || string(text) != "[]" {
		t.Errorf("none are %s, %v", text, err)
	}
}
