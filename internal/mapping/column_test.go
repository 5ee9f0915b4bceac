package mapping

import (
	"slices"
	"testing"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures())
	for path, want := range map[string]int{
		"Matricule": 0, "Adresse.Ville": 9, "Iban": 10, "Contrat.TauxActivite": 17,
		"Adresse": -1, "Adresse.CodePays": -1, "Periode": -1, "Elements": -1, "Code": -1, "ville": -1, "": -1,
	} {
		index, ok := m.Column(path)
		if ok != (want >= 0) || index != max(want, 0) {
			t.Errorf("%q comes from column %d, %v, want %d", path, index, ok, want)
		}
	}
	for path, want := range map[string]int{"Code": 0, "Libelle": 1, "Quantite": 2, "Montant": 3, "Elements.Montant": -1, "Iban": -1, "": -1} {
		index, ok := m.ChildColumn(0, path)
		if ok != (want >= 0) || index != max(want, 0) {
			t.Errorf("child's %q comes from column %d, %v, want %d", path, index, ok, want)
		}
	}
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures())
	if got := pathsOf(m.Quantities(0)); !slices.Equal(got, []string{"Libelle", "Montant", "Quantite"}) {
		t.Errorf("quantities of the sample: %v", got)
	}
	spec := Spec{Children: []Children{
		{Path: "E", Key: "Rang", Fields: []Field{
			{Path: "Rang", Column: "int4"}, {Path: "M.Int2", Column: "int2"}, {Path: "Int8", Column: "int8"}, {Path: "Numeric", Column: "numeric"},
			{Path: "Float4", Column: "float4"}, {Path: "Float8", Column: "float8", Type: TypeString},
			{Path: "Text", Column: "text", Type: TypeNumber},
			{Path: "Blanks", Column: "char", Type: TypeNumber},
			{Path: "Plain", Column: "text"}, {Path: "Flag", Column: "int2", Type: TypeBoolean}, {Path: "Bool", Column: "bool"},
			{Path: "Date", Column: "date"},
			{Path: "Nature", Column: "int2", Nomenclature: "Nature", Type: TypeString}, {Path: "One", Value: 1},
		}},
		{Path: "F", Key: "T", Fields: []Field{{Path: "T", Column: "t"}}},
	}}
	shape := Shape{Children: [][]Column{{
		{Name: "int2", Type: oidInt2}, {Name: "int4", Type: oidInt4}, {Name: "int8", Type: oidInt8}, {Name: "numeric", Type: oidNumeric},
		{Name: "float4", Type: oidFloat4}, {Name: "float8", Type: oidFloat8},
		{Name: "text", Type: oidText}, {Name: "char", Type: oidBpchar}, {Name: "bool", Type: oidBool}, {Name: "date", Type: oidDate},
	}, columns(oidText, "t")}}
	m = mustCompile(t, spec, shape, Nomenclatures{"Nature": codes("1")})
	want := []string{"Blanks", "Float4", "Float8", "Int8", "M.Int2", "Numeric", "Plain", "Text"}
	if got := pathsOf(m.Quantities(0)); !slices.Equal(got, want) {
		t.Errorf("quantities %v, want %v", got, want)
	}
	if got := m.Quantities(1); got != nil {
		t.Errorf("quantities of children without any: %v", got)
	}
}

func pathsOf(quantities []Quantity) (paths []string) {
	for _, q := range quantities {
		paths = append(paths, q.Path)
	}
	return paths
}
