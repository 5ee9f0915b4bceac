package e2e

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	chorus "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	"syncd/internal/sandbox"
)

// documented are the queries of the document about the inbox, by the question before each.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/inbox.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	parts := strings.Split(string(text), "```sql\n")
	for i, part := range parts[1:] {
		before := strings.Split(strings.TrimSpace(parts[i]), "\n")
		query, _, _ := strings.Cut(part, ";\n```")
		queries[before[len(before)-1]] = query
	}
	if len(queries) != 10 {
		t.Fatalf("%d queries are documented", len(queries))
	}
	return queries
}

// sum adds amounts as they are written.
func sum(list []sandbox.Record, amount func(map[string]any) any) string {
	total := new(big.Rat)
	for _, one := range list {
		number, _ := amount(one.Members).(json.Number)
		part, _ := new(big.Rat).SetString(number.String())
		total.Add(total, part)
	}
	return total.FloatString(2)
}

// What people ask about invoices at Chorus Pro is answered by what Chorus Pro has.
func TestDocumentedQueriesOfChorusPro(t *testing.T) {
	t.Parallel()
	queries := documented(t)
	r, s := chorusPro(t, func(c *chorus.Config) { c.Invoices = 300 })
	r.read("succeeded: 300 read 300 new")
	list := s.Invoices(dossier)
	all := list.All()
	const paid = "9007199254740993"
	was, _ := list.Find(paid)
	list.Edit(paid, map[string]any{"statut": "COMPTABILISEE"})
	list.Remove(all[50].Key)
	r.read("succeeded: 299 read 1 changed 298 same 1 gone")
	all = list.All()
	settled := []any{"MISE_EN_PAIEMENT", "COMPTABILISEE", "REJETEE", "SUPPRIMEE", "ABANDONNEE"}
	recent := r.text(`SELECT current_date - 30`)
	unpaid := slices.DeleteFunc(slices.Clone(all), func(one sandbox.Record) bool {
		deposited, _ := one.Members["dateDepot"].(string)
		return slices.Contains(settled, one.Members["statut"]) || one.Members["typeFacture"] == "AVOIR" || deposited >= recent
	})
	paidFrom := fmt.Sprintf("1 F00000 %s COMPTABILISEE", was.Members["statut"])
	toBePaid := fmt.Sprint(len(unpaid), " ", sum(unpaid, func(m map[string]any) any { return m["montantAPayer"] }))
	whole := "299 " + sum(all, func(m map[string]any) any { return m["montantTTC"] })
	r.answers(queries, map[string][2]string{
		"Which public invoices are unpaid for more than 30 days?":    {"concat_ws(' ', count(*), sum(montant_a_payer))", toBePaid},
		"What came in this week?":                                    {"count(*)", "300"},
		"Which invoice changed its status, when, from what to what?": {"concat_ws(' ', count(*), min(numero), min(avant), min(apres))", paidFrom},
		"How much is in which status, month by month?":               {"concat_ws(' ', sum(factures), sum(montant_ttc))", whole},
		"What is no longer listed by the partner, since when?":       {"string_agg(key, ' ')", "9007199254741043"},
		"How did one invoice come to be as it is, field by field?":   {"count(DISTINCT version)", "1"},
	})
}

// answers wants queries to give what their answers, in short, are to be.
func (r *reading) answers(queries map[string]string, want map[string][2]string) {
	r.Helper()
	for question, answer := range want {
		if queries[question] == "" {
			r.Errorf("no query answers %q", question)
			continue
		}
		r.want(answer[1], `SELECT `+answer[0]+` FROM (`+queries[question]+`) answer`)
	}
}

// And what they ask about what comes through Iopole.
func TestDocumentedQueriesOfIopole(t *testing.T) {
	t.Parallel()
	queries := documented(t)
	r, s := atIopole(t, nil)
	key := s.Records(dossier, iopole.Invoices).All()[3].Key
	r.fault("reject=" + key)
	r.read("incomplete: 30 read 30 new 16 files 29 acknowledged 1 unacknowledged")
	received := slices.DeleteFunc(s.Records(dossier, iopole.Invoices).All(), func(one sandbox.Record) bool {
		return one.Members["way"] != "RECEIVED"
	})
	amount := sum(received, func(m map[string]any) any {
		return m["businessData"].(map[string]any)["monetary"].(map[string]any)["invoiceAmount"]
	})
	r.answers(queries, map[string][2]string{
		"What was received through Iopole, from whom, and for how much?": {"concat_ws(' ', sum(factures), count(*), sum(montant_ttc))",
			fmt.Sprint(len(received), " 1 ", amount)},
		"What is the last status of each invoice at Iopole?": {
			"concat_ws(' ', count(*), count(numero), count(*) FILTER (WHERE statut = 'IN_HAND'))", "12 12 6"},
		"Which files are there, and which are missing and why?": {"sum(fichiers)::text || max(missing)", "16"},
		"What is stored, and not marked as seen at Iopole yet?": {"string_agg(key, ' ')", key},
	})
}
