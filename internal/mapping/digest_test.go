package mapping

import (
	"reflect"
	"slices"
	"testing"
)

func TestNomenclatures(t *testing.T) {
	t.Parallel()
	want := []string{"Civilite", "ElementVariable", "NatureContrat", "Strate"}
	if got := sampleSpec().Nomenclatures(); !reflect.DeepEqual(got, want) {
		t.Errorf("nomenclatures %v, want %v", got, want)
	}
}

func TestSpecDigest(t *testing.T) {
	t.Parallel()
	original := sampleSpec().Digest()
	same := sampleSpec()
	slices.Reverse(same.Fields)
	slices.Reverse(same.Children[0].Fields)
	same.Fields[0].Null = NullClear
	if same.Digest() != original || len(original) != 64 {
		t.Errorf("the order of the fields changes the digest: %s, %s", original, same.Digest())
	}
	seen := map[string]int{original: -1}
	for i, change := range []func(*Spec){
		func(s *Spec) { s.Fields[0].Path = "Matr" },
		func(s *Spec) { s.Fields[0].Column = "matr" },
		func(s *Spec) { s.Fields[0].Nomenclature = "Strate" },
		func(s *Spec) { s.Fields[0].Sensitive = true },
		func(s *Spec) { s.Fields[0].Null = NullOmit },
		func(s *Spec) { s.Fields[0].Type = TypeNumber },
		func(s *Spec) { s.Fields[11].Value = int64(1) },
		func(s *Spec) { s.Fields[11].Value = "1" },
		func(s *Spec) { s.Children[0].Key = "Libelle" },
		func(s *Spec) { s.Children[0].Path = "Lignes" },
		func(s *Spec) { s.Children[0].Fields = s.Children[0].Fields[:3] },
		func(s *Spec) { s.Children = nil },
	} {
		spec := sampleSpec()
		change(&spec)
		if other, known := seen[spec.Digest()]; known {
			t.Errorf("change %d has the digest of %d", i, other)
		}
		seen[spec.Digest()] = i
	}
}

func TestNomenclaturesDigest(t *testing.T) {
	t.Parallel()
	names := []string{"Strate", "Civilite", "Strate"}
	original := sampleNomenclatures().Digest(names)
	if again := sampleNomenclatures().Digest([]string{"Civilite", "Strate"}); again != original {
		t.Errorf("order and repeats change the digest: %s, %s", original, again)
	}
	unrelated := sampleNomenclatures()
	delete(unrelated, "NatureContrat")
	if unrelated.Digest(names) != original {
		t.Error("a nomenclature that is not named changes the digest")
	}
	for _, change := range []func(Nomenclatures){
		func(d Nomenclatures) { delete(d, "Strate") },
		func(d Nomenclatures) { d["Strate"] = nil },
		func(d Nomenclatures) { delete(d["Strate"], "II") },
		func(d Nomenclatures) { d["Strate"]["II"] = Entry{"II", "label of II", false} },
		func(d Nomenclatures) { d["Strate"]["II"] = Entry{"II", "other", true} },
	} {
		dicts := sampleNomenclatures()
		change(dicts)
		if dicts.Digest(names) == original {
			t.Errorf("a change is not in the digest: %v", dicts["Strate"])
		}
	}
}
