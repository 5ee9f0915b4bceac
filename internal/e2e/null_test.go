package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// nulls sets what an absent value does, for a member of the employee and for one of an element.
func (w *world) nulls(field, childField mapping.Null) {
	w.t.Helper()
	spec := w.job.Mapping
	spec.Fields, spec.Children = slices.Clone(spec.Fields), slices.Clone(spec.Children)
	spec.Children[0].Fields = slices.Clone(spec.Children[0].Fields)
	set := func(fields []mapping.Field, path string, null mapping.Null) {
		i := slices.IndexFunc(fields, func(f mapping.Field) bool { return f.Path == path })
		fields[i].Null = null
	}
	set(spec.Fields, "NomUsage", field)
	set(spec.Fields, "Adresse.Ville", field)
	set(spec.Children[0].Fields, "Montant", childField)
	w.job.Mapping = spec
}

// bare leaves the first employee without a second name, without a town, and with one element without an amount.
func bare(t *testing.T) (*world, *jobs.Runner) {
	t.Helper()
	w, r := ready(t, 3)
	w.exec(`UPDATE staging.employee SET nom_usage = 'X', ville = 'RENNES'`)
	w.exec(`UPDATE staging.payroll_element SET quantity = 1, amount = 1`)
	w.exec(`DELETE FROM staging.payroll_element WHERE ctid IN (SELECT ctid FROM staging.payroll_element WHERE matricule = '00001' LIMIT 2)`)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET nom_usage = NULL, ville = NULL WHERE matricule = '00001'`)
	w.exec(`UPDATE staging.payroll_element SET amount = NULL WHERE matricule = '00001'`)
	return w, r
}

// members are those of the first employee's document at the API, of its address, and of its elements.
func (w *world) members() (document, address map[string]json.RawMessage, elements []map[string]json.RawMessage) {
	w.t.Helper()
	w.must(json.Unmarshal(w.received()["00001"].Document, &document))
	w.must(json.Unmarshal(document["Adresse"], &address))
	w.must(json.Unmarshal(document["Elements"], &elements))
	return document, address, elements
}

// What was cleared in staging is cleared at the API: an old name or amount does not live on there.
func TestNullClears(t *testing.T) {
	t.Parallel()
	w, r := bare(t)
	w.nulls(mapping.NullClear, mapping.NullClear)
	w.run(r, jobs.Succeeded, nil)
	document, address, elements := w.members()
	if string(document["NomUsage"]) != "null" || string(address["Ville"]) != "null" || len(elements) != 1 ||
		string(elements[0]["Montant"]) != "null" {
		t.Errorf("%s %s %s", document, address, elements)
	}
	w.wantDelivered(period)
}

// What is left out says nothing: the API may keep what it has.
func TestNullOmits(t *testing.T) {
	t.Parallel()
	w, r := bare(t)
	w.nulls(mapping.NullOmit, mapping.NullOmit)
	w.run(r, jobs.Succeeded, nil)
	document, address, elements := w.members()
	_, name := document["NomUsage"]
	_, town := address["Ville"]
	_, amount := elements[0]["Montant"]
	if name || town || amount || string(elements[0]["Quantite"]) != "1" {
		t.Errorf("%s %s %s", document, address, elements)
	}
	if run := w.run(r, jobs.Succeeded, nil); run.Counts.Unchanged != 3 {
		t.Errorf("%+v", run.Counts)
	}
}

// What must be there stops that employee alone, for a missing value of the employee as of one element.
func TestNullRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field, child mapping.Null
		want         []string
	}{
		"a field":              {mapping.NullRefuse, mapping.NullClear, []string{"NomUsage", "Adresse.Ville"}},
		"a field of a child":   {mapping.NullOmit, mapping.NullRefuse, []string{"Elements[0].Montant"}},
		"fields of both kinds": {mapping.NullRefuse, mapping.NullRefuse, []string{"NomUsage", "Adresse.Ville", "Elements[0].Montant"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := bare(t)
			before := w.received()["00001"].SHA256
			w.nulls(c.field, c.child)
			w.rename("00002", "CORRIGE")
			run := w.run(r, jobs.Incomplete, nil)
			item := w.item(r, run, "00001")
			var paths []string
			for _, p := range item.Problems {
				if p.Code != mapping.ProblemMissingValue {
					t.Errorf("%+v", p)
				}
				paths = append(paths, p.Path)
			}
			slices.Sort(paths)
			slices.Sort(c.want)
			if item.State != jobs.ItemBlocked || !slices.Equal(paths, c.want) {
				t.Errorf("%s: %q, want %q", item.State, paths, c.want)
			}
			if w.received()["00001"].SHA256 != before || w.held("00002") != "CORRIGE" {
				t.Error("the partner has something else")
			}
		})
	}
}

// Whose last element is taken away is sent an empty list: without one the API would go on paying the element.
func TestRemovingTheLastElementSendsAnEmptyList(t *testing.T) {
	t.Parallel()
	for _, null := range []mapping.Null{mapping.NullClear, mapping.NullOmit, mapping.NullRefuse} {
		t.Run(string(null), func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 3)
			w.exec(`UPDATE staging.employee SET nom_usage = 'X'`)
			w.exec(`UPDATE staging.payroll_element SET quantity = 1, amount = 1`)
			w.nulls(null, null)
			w.run(r, jobs.Succeeded, nil)
			w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00001'`)
			run := w.run(r, jobs.Succeeded, nil)
			if document, _, _ := w.members(); string(document["Elements"]) != "[]" || run.Counts.Accepted != 1 {
				t.Errorf("%s, %+v", document["Elements"], run.Counts)
			}
			w.nextMonth(december) // nor is it left out of a new month
			w.run(r, jobs.Succeeded, named(december))
			w.wantDelivered(december)
		})
	}
}
