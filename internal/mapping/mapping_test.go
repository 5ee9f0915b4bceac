package mapping

import (
	"fmt"
	"testing"
)

// sampleSpec maps the sample document of the sandbox, which is an assumption about the real API.
func sampleSpec() Spec {
	return Spec{
		Fields: []Field{
			{Path: "Matricule", Column: "matricule"},
			{Path: "Civilite", Column: "civilite", Nomenclature: "Civilite"},
			{Path: "NomNaissance", Column: "nom"},
			{Path: "NomUsage", Column: "nom_usage"},
			{Path: "Prenom", Column: "prenom"},
			{Path: "DateNaissance", Column: "naissance"},
			{Path: "Nir", Column: "nir", Sensitive: true, Null: NullRefuse},
			{Path: "Email", Column: "email", Null: NullOmit},
			{Path: "Adresse.Voie", Column: "voie"},
			{Path: "Adresse.CodePostal", Column: "cp"},
			{Path: "Adresse.Ville", Column: "ville"},
			{Path: "Adresse.CodePays", Value: "FR"},
			{Path: "Iban", Column: "iban", Sensitive: true},
			{Path: "Contrat.CodeNature", Column: "contrat", Nomenclature: "NatureContrat"},
			{Path: "Contrat.DateDebut", Column: "debut"},
			{Path: "Contrat.DateFin", Column: "fin"},
			{Path: "Contrat.TauxActivite", Column: "taux"},
			{Path: "Contrat.CodeStrate", Column: "strate", Nomenclature: "Strate"},
			{Path: "Contrat.CodeFonction", Column: "fonction"},
			{Path: "Periode", Value: "@period"},
		},
		Children: []Children{{
			Path: "Elements", Key: "Code",
			Fields: []Field{
				{Path: "Code", Column: "code", Nomenclature: "ElementVariable"},
				{Path: "Libelle", Column: "label", Null: NullOmit},
				{Path: "Quantite", Column: "quantity"},
				{Path: "Montant", Column: "amount"},
			},
		}},
	}
}

func columns(oid uint32, names ...string) []Column {
	var all []Column
	for _, name := range names {
		all = append(all, Column{Name: name, Type: oid})
	}
	return all
}

func sampleShape() Shape {
	employee := columns(oidText, "matricule", "civilite", "nom", "nom_usage", "prenom", "nir", "email", "voie", "cp", "ville", "iban",
		"contrat", "strate", "fonction")
	employee = append(employee, columns(oidDate, "naissance", "debut", "fin")...)
	employee = append(employee, Column{Name: "taux", Type: oidNumeric})
	elements := append(columns(oidVarchar, "code", "label"), columns(oidNumeric, "quantity", "amount")...)
	return Shape{Employee: employee, Children: [][]Column{elements}}
}

func codes(codes ...string) map[string]Entry {
	entries := map[string]Entry{}
	for _, code := range codes {
		entries[code] = Entry{Code: code, Label: "label of " + code, Active: true}
	}
	return entries
}

func sampleNomenclatures() Nomenclatures {
	natures := map[string]Entry{
		"01": {"01", "CDI", true}, "02": {"02", "CDD", true}, "07": {"07", "CDI intermittent", true}, "99": {"99", "Ancien", false},
	}
	return Nomenclatures{
		"Civilite": codes("M", "MME"), "NatureContrat": natures, "Strate": codes("I", "II", "III", "IV"),
		"ElementVariable": codes("HSUP25", "HSUP50", "HCOMP", "PRIME_EXC", "ACOMPTE"),
	}
}

func sampleParams() Params {
	return Params{"dossier": "saint-martin", "period": "2026-11", "period_start": "2026-11-01", "period_end": "2026-11-30"}
}

// values makes a row: nil is NULL.
func values(values ...any) [][]byte {
	var row [][]byte
	for _, v := range values {
		if v == nil {
			row = append(row, nil)
		} else {
			row = append(row, fmt.Append([]byte{}, v))
		}
	}
	return row
}

func sampleRow() [][]byte {
	return values("00042", "MME", "EXEMPLE", "EXEMPLE-TEST", "Hélène", "285057899900116", "camille@example.org", "1 rue de l'Exemple",
		"35000", "RENNES", "FR7630006000011234567890189", "01", "II", "F_VIESCO_01", "1985-05-17", "2023-09-01", nil, "75.00")
}

func sampleChildren() [][][]byte {
	return [][][]byte{
		values("PRIME_EXC", nil, nil, "120.00"),
		values("HSUP25", "Heures", "3.50", nil),
		values("HSUP25", nil, "1", nil),
	}
}

func mustCompile(t testing.TB, spec Spec, shape Shape, dicts Nomenclatures) *Mapping {
	t.Helper()
	m, err := Compile(spec, shape, dicts, sampleParams())
	if err != nil {
		t.Fatalf("compiling: %v", err)
	}
	return m
}

func build(b *Builder, row [][]byte, children ...[][]byte) ([]byte, []Problem) {
	b.Reset(row)
	for _, child := range children {
		b.AddChild(0, child)
	}
	return b.Document()
}

// one compiles a mapping of one field V over one column v and runs one value through it.
func one(t testing.TB, f Field, oid uint32, value any, dicts Nomenclatures) (string, []Problem) {
	t.Helper()
	f.Path, f.Column = "V", "v"
	m := mustCompile(t, Spec{Fields: []Field{f}}, Shape{Employee: []Column{{Name: "v", Type: oid}}}, dicts)
	document, problems := build(m.NewBuilder(), values(value))
	return string(document), problems
}
