package mapping

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// What reading the configuration does not find, for it is another one than the sources were opened by.
func TestCompileRefusesOtherMappings(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Spec, *Shape){
		"the mapping has 1 tables of children and the source 0": func(_ *Spec, shape *Shape) { shape.Children = nil },
		"field \ufffd: the name is not valid UTF-8": func(spec *Spec, _ *Shape) {
			spec.Fields = append(spec.Fields, Field{Path: "\xff", Column: "cp"})
		},
	} {
		spec, shape := sampleSpec(), sampleShape()
		change(&spec, &shape)
		if _, err := Compile(spec, shape, sampleNomenclatures(), sampleParams()); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestCompileNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	spec, dicts := sampleSpec(), sampleNomenclatures()
	spec.Fields = append(spec.Fields, Field{Path: "X", Column: "cpp"}, Field{Path: "Y", Column: "unheard_of"},
		Field{Path: "W", Value: "@siret"})
	spec.Children[0].Fields[2].Column = "quantite"
	spec.Children[0].Fields[0].Nomenclature = "ElementVariables"
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
	var nomenclature *NomenclatureError
	if !errors.As(err, &nomenclature) || !slices.Equal(nomenclature.Names, []string{"Strate"}) {
		t.Errorf("the first NomenclatureError is %+v", nomenclature)
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
	spec, dicts := sampleSpec(), sampleNomenclatures()
	delete(dicts, "Civilite")
	delete(dicts, "NatureContrat")
	spec.Fields[17].Nomenclature = "Strates" // mistyped
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
	for _, test := range []struct {
		oid        uint32
		info       TypeInfo
		want, hint string
	}{
		{oidBytea, TypeInfo{"bytea", 'b', 'U'}, "bytea (OID 17)", "encode(v, 'base64')"},
		{1007, TypeInfo{"integer[]", 'b', 'A'}, "integer[] (OID 1007)", "to_jsonb(v)"},
		{16401, TypeInfo{"status[]", 'b', 'A'}, "status[] (OID 16401)", "to_jsonb(v)"},
		{3912, TypeInfo{"daterange", 'r', 'R'}, "daterange (OID 3912)", "lower(v)"},
		{4535, TypeInfo{"datemultirange", 'm', 'R'}, "datemultirange (OID 4535)", "lower(v)"},
		{16402, TypeInfo{"address", 'c', 'C'}, "address (OID 16402)", "(v).street"},
		{oidRecord, TypeInfo{"record", 'p', 'P'}, "record (OID 2249)", "(v).street"},
		{oidMoney, TypeInfo{"money", 'b', 'N'}, "money (OID 790)", "v::numeric"},
		{600, TypeInfo{"point", 'b', 'G'}, "point (OID 600)", "v::text"},
		{16403, TypeInfo{"hstore", 'b', 'U'}, "hstore (OID 16403)", "v::text"},
		{16404, TypeInfo{}, "unknown (OID 16404)", "v::text"},
	} {
		_, err := Compile(Spec{Fields: []Field{{Path: "V", Column: "v"}}},
			Shape{Employee: []Column{{Name: "v", Type: test.oid, Info: test.info}}}, nil, nil)
		var typeError *TypeError
		if !errors.As(err, &typeError) || !strings.Contains(err.Error(), `field V: the column "v" is of type `+test.want) ||
			!strings.Contains(typeError.Conversion, test.hint) {
			t.Errorf("OID %d: %v", test.oid, err)
		}
	}
	for _, info := range []TypeInfo{{"status", 'e', 'E'}, {"citext", 'b', 'S'}} {
		if _, err := Compile(Spec{Fields: []Field{{Path: "V", Column: "v"}}}, Shape{Employee: []Column{{Name: "v", Type: 16405, Info: info}}},
			nil, nil); err != nil {
			t.Errorf("%s: %v", info.Name, err)
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
	spec := Spec{Fields: []Field{{Path: "V", Value: "99", Nomenclature: "NatureContrat"}}}
	_, err := Compile(spec, Shape{}, sampleNomenclatures(), nil)
	want := "field V: the constant is no active code of the nomenclature NatureContrat\nhint: list its codes: syncd dictionary NatureContrat"
	if err == nil || err.Error() != want {
		t.Errorf("error %v", err)
	}
	spec.Fields[0].Value = "01"
	if _, err := Compile(spec, Shape{}, sampleNomenclatures(), nil); err != nil {
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

// Which of two columns of one name is meant, nobody can tell: the first would be sent as the iban that the query corrects
// in the second. One that nobody maps does no harm.
func TestCompileRefusesAColumnThatIsThereTwice(t *testing.T) {
	t.Parallel()
	spec := Spec{
		Fields: []Field{{Path: "Matricule", Column: "m"}, {Path: "Iban", Column: "iban"}, {Path: "Other", Column: "IBAN"}},
		Children: []Children{{Path: "Elements", Key: "Code",
			Fields: []Field{{Path: "Code", Column: "code"}, {Path: "Montant", Column: "amount"}}}},
	}
	shape := Shape{Employee: columns(oidText, "m", "iban", "x", "IBAN", "x", "iban"),
		Children: [][]Column{columns(oidText, "code", "x", "amount", "x", "code")}}
	_, err := Compile(spec, shape, nil, nil)
	const hint = "\nhint: write each column's name in the query instead of *, and give one of the two another name with AS"
	want := `field Iban: the query of the employees returns several columns "iban"` + hint +
		"\n" + `field Elements[].Code: the query of the children Elements returns several columns "code"` + hint
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}
