package mapping

import (
	"reflect"
	"strings"
	"testing"

	"syncd/internal/canonjson"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// nothing are texts that show nothing.
var nothing = []string{
	"", " ", "\t \r\n", "\u00a0", "\u2007", "\u202f", "\u200b\u200c\u200d", "\u2060", "\ufeff", " \u3000\u2003", "\u180e", "\u00ad", "\u2800",
	"\u3164",
	"\u0085", "\u2028", "\u202e", "\ufe0f", "\x01\x7f", "\U000e0020",
}

func TestBlank(t *testing.T) {
	t.Parallel()
	for _, text := range nothing {
		if !plaintext.Blank(text) || !plaintext.Blank([]byte(text)) {
			t.Errorf("%q shows something", text)
		}
		if KeyFits([]byte(text)) || text != "" && KeyFits([]byte("4"+text+"2")) && strings.Trim(text, "\u00a0\u2007\u202f \u3000\u2003") != "" {
			t.Errorf("%q can be in a key", text)
		}
	}
	for _, text := range []string{"x", "\u00a0x", "0", ".", "é", "\u0600", "\xff", "\u200be\u200b", "—"} {
		if plaintext.Blank(text) {
			t.Errorf("%q shows nothing", text)
		}
	}
}

// A text that shows nothing is no value: it is refused and left out like NULL, in master data and in children, whatever
// the type of the member; where NULL clears it goes as it stands.
func TestTextsThatShowNothing(t *testing.T) {
	t.Parallel()
	for _, column := range []uint32{oidText, oidBpchar, 1043, oidJSONB} {
		for _, text := range nothing {
			if column == oidJSONB {
				quoted, _ := canonjson.AppendString(nil, []byte(text))
				text = string(quoted)
			}
			for _, policy := range []Null{NullClear, NullOmit, NullRefuse} {
				spec := Spec{
					Fields:   []Field{{Path: "V", Column: "v", Null: policy}},
					Children: []Children{{Path: "E", Key: "K", Fields: []Field{{Path: "K", Column: "k"}, {Path: "W", Column: "w", Null: policy}}}},
				}
				shape := Shape{Employee: []Column{{Name: "v", Type: column}},
					Children: [][]Column{{{Name: "k", Type: oidText}, {Name: "w", Type: column}}}}
				b := mustCompile(t, spec, shape, nil).NewBuilder()
				document, problems := build(b, values(text), values("1", text))
				switch missing := []Problem{{Code: ProblemMissingValue, Path: "V", Column: "v"},
					{Code: ProblemMissingValue, Path: "E[0].W", Column: "w"}}; {
				case policy == NullRefuse && !reflect.DeepEqual(problems, missing),
					policy == NullOmit && string(document) != `{"E":[{"K":"1"}]}`,
					policy == NullClear && document == nil && !strings.Contains(text, "\x01") && !strings.Contains(text, `\u0001`):
					t.Errorf("%d, %s, %q: %s, %+v", column, policy, text, document, problems)
				}
			}
		}
	}
	spec := Spec{Fields: []Field{{Path: "J", Column: "j", Null: NullRefuse}, {Path: "N", Column: "n", Null: NullRefuse, Type: TypeNumber},
		{Path: "O", Column: "o", Null: NullRefuse, Nomenclature: "D"}, {Path: "P", Column: "o", Nomenclature: "D"}}}
	shape := Shape{Employee: []Column{{Name: "j", Type: oidJSON}, {Name: "n", Type: oidText}, {Name: "o", Type: oidText}}}
	b := mustCompile(t, spec, shape, Nomenclatures{"D": codes("1")}).NewBuilder()
	_, problems := build(b, values(" null ", "\u00a0", " "))
	var got []ProblemCode
	for _, p := range problems {
		got = append(got, p.Code)
	}
	if want := []ProblemCode{ProblemMissingValue, ProblemMissingValue, ProblemMissingValue, ProblemUnknownCode}; !reflect.DeepEqual(got,
		want) {
		t.Errorf("problems %v, want %v", got, want)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Andr\ufffd": "U+FFFD", "Andr\u0082": "U+0082", "\u202eABC": "U+202E", "A\u2066B": "U+2066", "Le\ufeffroy": "U+FEFF",
		"A\u200eB": "U+200E", "A\ue000": "U+E000",
		"Le\u200bRoy": "U+200B", "Le\u2060Roy": "U+2060", "Le\u00adRoy": "U+00AD", "Roy\ufffc": "U+FFFC",
		"AndrÃ©": Mojibake, "Ã‰cole": Mojibake, "l’Ã©tÃ©": Mojibake, "lâ€™école": Mojibake, "dÃ©jÃ\u00a0 lÃ": Mojibake, "dejÃ  vu": Mojibake,
		"12Â\u00a0kg": Mojibake, "12Â kg": Mojibake,
		"NÂ°3": Mojibake, "Å“uvre": Mojibake, "3 â‚¬": Mojibake, "ï»¿Nom": Mojibake, "AndrÃƒÂ©": Mojibake, "Andr√©": Mojibake, "Andr├®": Mojibake,
		"Fran‡ois":            Mojibake,
		"Àéîõü ŒUVRE œ æ ç Ÿ": "", "ANDRÉ\u00a0DUPONT": "", "« CAFÉ\u00a0»": "", "l’été – 3 €…": "", "JOÃO CONCEIÇÃO": "", "Åse Ås": "",
		"Nguyễn Văn Đức": "", "Łódź": "",
		"Zoë Ÿ": "", "ASCII": "", "": "", "日本": "", "e\u0301": "", "A\u200dB": "", "Â": "", "pâte ïe": "",
	} {
		if got := damage([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What is odd in a value is told with its member and column and without the value; the value goes as it is.
func TestOddities(t *testing.T) {
	t.Parallel()
	spec := Spec{
		Fields: []Field{
			{Path: "A", Column: "a"}, {Path: "Cp", Column: "cp", Kind: privacy.KindPostal},
			{Path: "Cp2", Column: "cp2", Kind: privacy.KindPostal, Type: TypeString},
			{Path: "D", Column: "d"}, {Path: "J", Column: "j"}, {Path: "M", Column: "m"}, {Path: "T", Column: "t"},
		},
		Children: []Children{{Path: "E", Key: "K", Fields: []Field{{Path: "K", Column: "k"}, {Path: "L", Column: "l"}}}},
	}
	shape := Shape{
		Employee: []Column{{Name: "a", Type: oidText}, {Name: "cp", Type: oidText}, {Name: "cp2", Type: oidInt4}, {Name: "d", Type: oidDate},
			{Name: "j", Type: oidJSONB}, {Name: "m", Type: oidTimestamp}, {Name: "t", Type: oidText}},
		Children: [][]Column{columns(oidText, "k", "l")},
	}
	m := mustCompile(t, spec, shape, nil)
	b := m.NewBuilder()
	document, problems := build(b, values("AndrÃ©", "1000", "1000", "9999-12-31", `{"x":["\ufffd"]}`, "0001-01-01 00:00:00", "20/12/9999"),
		values("1", "fin\u202e"), values("2", "fin"))
	if len(problems) > 0 || !strings.Contains(string(document), "AndrÃ©") || !strings.Contains(string(document), "9999-12-31") {
		t.Fatalf("%s, %+v", document, problems)
	}
	want := []Oddity{
		{OddText, "A", "a", Mojibake}, {OddPostal, "Cp", "cp", ""}, {OddPostal, "Cp2", "cp2", ""}, {OddDate, "D", "d", ""},
		{OddText, "J", "j", "U+FFFD"},
		{OddDate, "M", "m", ""}, {OddDate, "T", "t", ""}, {OddText, "E[].L", "l", "U+202E"},
	}
	if got := b.Oddities(); !reflect.DeepEqual(got, want) {
		t.Errorf("oddities %+v\nwant %+v", got, want)
	}
	build(b, values("André", "01000", "35000", "1985-05-17", `{"x":["é"]}`, "2026-01-01 00:00:00", "9999-99-99"), values("1", "fin"))
	if got := b.Oddities(); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	if got := m.PostalNumbers(); !reflect.DeepEqual(got, []string{"Cp2"}) {
		t.Errorf("postal codes of numbers: %v", got)
	}
}

// Control characters block, and the problem names the character; an address may have several lines.
func TestControlCharacters(t *testing.T) {
	t.Parallel()
	b := mustCompile(t, Spec{Fields: []Field{{Path: "A", Column: "a"}, {Path: "J", Column: "j"}}},
		Shape{Employee: []Column{{Name: "a", Type: oidText}, {Name: "j", Type: oidJSONB}}}, nil).NewBuilder()
	for text, want := range map[string]string{"a\x07é": "U+0007", "\x1b[31m": "U+001B", "a\x7f": "U+007F", "\x08": "U+0008",
		"a\x0cb": "U+000C", "a\tb\r\nc": "", `a\u0007`: ""} {
		encoded, _ := canonjson.AppendString(nil, []byte(text))
		for _, row := range [][][]byte{values(text, "1"), values("x", `{"k":[`+string(encoded)+`]}`)} {
			document, problems := build(b, row)
			if want == "" && document == nil || want != "" && (len(problems) != 1 || problems[0].Code != ProblemControl || problems[0].Got != want ||
				problems[0].Value != "") {
				t.Errorf("%q: %s, %+v", text, document, problems)
			}
		}
	}
}

func TestScaledText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1250": 12500000, "12.50": 125000, "12,50": 125000, "1 250,00": 12500000, "1\u202f250,00 €": 12500000, "1.250,00": 12500000,
		"1,250.00":  12500000,
		"1.250.000": 12500000000, "-12,5": -125000, "12,5-": -125000, "−3": -30000, "+3,1": 31000, " 7 ": 70000, "1'250.5": 12505000,
		"12,":      120000,
		"1250 EUR": 12500000, "EUR 1 250,00": 12500000, "12,50 euros": 125000, "-3,5Euro": -35000,
	} {
		if got, ok := ScaledText([]byte(text)); !ok || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", " ", "12h30", "2026-11-30", "A12", "1-2", "--1", ",", "€", "EUR", "euros", "12 EUR 3", "HSUP25",
		"12/50"} {
		if got, ok := ScaledText([]byte(text)); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
	for text, want := range map[string]bool{"012": true, "0": false, "0,5": false, "20261130": true, "30112026": true, "20269930": false,
		"1250": false, "1234567890123": true, "12.50": false} {
		if LooksLikeCode([]byte(text)) != want {
			t.Errorf("%q looks like a code: %v", text, !want)
		}
	}
	if got, ok := scaledJSON([]byte(` {"a": 1.5, "b": ["2,5", "x", "007"], "c": null} `)); !ok || got != 40000 {
		t.Errorf("JSON: %d, %v", got, ok)
	}
}

// Keys that are wrong are found in master data and in children, unless the document that was acknowledged has the same.
func TestUnsound(t *testing.T) {
	t.Parallel()
	spec := Spec{
		Fields: []Field{{Path: "B.Iban", Column: "rib", Kind: privacy.KindIBAN}, {Path: "Nir", Column: "nir", Kind: privacy.KindNIR},
			{Path: "Fixe", Value: "x", Kind: privacy.KindIBAN}},
		Children: []Children{{Path: "V", Key: "K", Fields: []Field{{Path: "K", Column: "k"},
			{Path: "Iban", Column: "vers", Kind: privacy.KindIBAN}}}},
	}
	const wrong = `{"B":{"Iban":"FR7630006000011234567890188"},"Fixe":"x","Nir":285057899900117,"V":[{"Iban":null,"K":"1"},{"Iban":"FR00","K":"2"}]}`
	all := []Unsound{{"B.Iban", "rib", privacy.KindIBAN}, {"Nir", "nir", privacy.KindNIR}, {"V[].Iban", "vers", privacy.KindIBAN}}
	for other, want := range map[string][]Unsound{
		"":    all,
		wrong: nil,
		`{"B":{"Iban":"fr76 3000 6000 0112 3456 7890 188"},"Nir":"2 85 05 78 999 001 17","V":[{"Iban":"FR 00","K":"9"}]}`: nil,
		`{"B":{"Iban":"FR7630006000011234567890189"},"Nir":null,"V":[]}`:                                                  all,
	} {
		if got := spec.Unsound([]byte(wrong), []byte(other)); !reflect.DeepEqual(got, want) {
			t.Errorf("beside %s: %+v, want %+v", other, got, want)
		}
	}
	// A key that was right, or another wrong one, or none, confirms nothing.
	for _, other := range []string{"285057899900112", "285057899900113", "2850578999001"} {
		if got := spec.Unsound([]byte(`{"Nir":"2 85 05 78 999 001 98"}`), []byte(`{"Nir":"`+other+`"}`)); len(got) != 1 ||
			got[0].Kind != privacy.KindNIR {
			t.Errorf("after %s: %+v", other, got)
		}
	}
	if got := spec.Unsound([]byte(`{"B":{"Iban":"FR76 3000 6000 0112 3456 7890 189"},"Nir":"2850578999001"}`), nil); got != nil {
		t.Errorf("%+v", got)
	}
}
