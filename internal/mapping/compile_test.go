package mapping

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCompileNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	spec, dicts := sampleSpec(), sampleDictionaries()
	spec.Fields = append(spec.Fields, Field{Path: "X", Column: "cpp"}, Field{Path: "Y", Column: "unheard_of"}, Field{Path: "W", Value: "@siret"})
	spec.Children[0].Fields[2].Column = "quantite"
	spec.Children[0].Fields[0].Dictionary = "ElementVariables"
	delete(dicts, "Strate")
	_, err := Compile(spec, sampleShape(), dicts, sampleParams())
	want := `field Contrat.CodeStrate: the nomenclature "Strate" was never pulled
hint: pull it: syncd run JOB, with the job of kind pull-dictionnaire
field W: this run has no value for @siret
hint: correct the value in the mapping, or the settings of the dossier that it names
field X: the query of the employees returns no column "cpp"
hint: did you mean "cp"?
field Y: the query of the employees returns no column "unheard_of"
hint: add the column to the query, or correct the name in the mapping
field Elements[].Code: the nomenclature "ElementVariables" was never pulled
hint: did you mean "ElementVariable"? Otherwise pull it: syncd run JOB, with the job of kind pull-dictionnaire
field Elements[].Quantite: the query of the children Elements returns no column "quantite"
hint: did you mean "quantity"?`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
	var column *ColumnError
	if !errors.As(err, &column) || column.Nearest != "cp" {
		t.Errorf("the first ColumnError is %+v", column)
	}
	var dictionary *DictionaryError
	if !errors.As(err, &dictionary) || !slices.Equal(dictionary.Names, []string{"Strate"}) {
		t.Errorf("the first DictionaryError is %+v", dictionary)
	}
}

// Before the first pull every nomenclature is missing: that is one thing to do, so it is told once.
func TestCompileTellsMissingNomenclaturesTogether(t *testing.T) {
	t.Parallel()
	_, err := Compile(sampleSpec(), sampleShape(), nil, sampleParams())
	want := `the nomenclatures Civilite, ElementVariable, NatureContrat, Strate were never pulled
hint: pull them: syncd run JOB, with the job of kind pull-dictionnaire`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
	spec, dicts := sampleSpec(), sampleDictionaries()
	delete(dicts, "Civilite")
	delete(dicts, "NatureContrat")
	spec.Fields[17].Dictionary = "Strates" // mistyped
	spec.Fields = append(spec.Fields, Field{Path: "X", Column: "cpp"})
	_, err = Compile(spec, sampleShape(), dicts, sampleParams())
	want = `the nomenclatures Civilite, NatureContrat were never pulled
hint: pull them: syncd run JOB, with the job of kind pull-dictionnaire
field Contrat.CodeStrate: the nomenclature "Strates" was never pulled
hint: did you mean "Strate"? Otherwise pull it: syncd run JOB, with the job of kind pull-dictionnaire
field X: the query of the employees returns no column "cpp"
hint: did you mean "cp"?`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}

func TestCompileRefusesTypes(t *testing.T) {
	t.Parallel()
	for oid, want := range map[uint32]string{
		oidBytea: `is of type bytea (OID 17)`, 1007: `is of type array (OID 1007)`, 3912: `is of type range (OID 3912)`,
		oidRecord: `is of type record (OID 2249)`, oidMoney: `is of type money (OID 790)`,
	} {
		_, err := Compile(Spec{Fields: []Field{{Path: "V", Column: "v"}}}, Shape{Employee: []Column{{Name: "v", Type: oid}}}, nil, nil)
		var typeError *TypeError
		if !errors.As(err, &typeError) || !strings.Contains(err.Error(), `field V: the column "v" `+want) || !strings.Contains(err.Error(), "\nhint: ") {
			t.Errorf("OID %d: %v", oid, err)
		}
	}
	for oid, to := range map[uint32]Type{oidDate: TypeNumber, oidJSONB: TypeString, oidBool: TypeNumber, oidTimestampTZ: TypeBoolean} {
		_, err := Compile(Spec{Fields: []Field{{Path: "V", Column: "v", Type: to}}}, Shape{Employee: []Column{{Name: "v", Type: oid}}}, nil, nil)
		var typeError *TypeError
		if !errors.As(err, &typeError) {
			t.Errorf("OID %d as %s: %v", oid, to, err)
		}
	}
}

func TestCompileChecksConstantsAgainstTheirNomenclature(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "V", Value: "99", Dictionary: "NatureContrat"}}}
	_, err := Compile(spec, Shape{}, sampleDictionaries(), nil)
	want := "field V: the constant is no active code of the nomenclature NatureContrat\nhint: list its codes: syncd dictionary NatureContrat"
	if err == nil || err.Error() != want {
		t.Errorf("error %v", err)
	}
	spec.Fields[0].Value = "01"
	if _, err := Compile(spec, Shape{}, sampleDictionaries(), nil); err != nil {
		t.Errorf("an active code: %v", err)
	}
}

func TestCompileChecksTheSpecAndTheShape(t *testing.T) {
	t.Parallel()
	var fieldError *FieldError
	if _, err := Compile(Spec{}, Shape{}, nil, nil); !errors.As(err, &fieldError) {
		t.Errorf("an empty mapping: %v", err)
	}
	if _, err := Compile(sampleSpec(), Shape{Employee: sampleShape().Employee}, nil, nil); err == nil {
		t.Error("a shape without the children compiles")
	}
}
