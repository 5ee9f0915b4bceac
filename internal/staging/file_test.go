package staging

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

const (
	head = "matricule;civilite;nom_naissance;nom_usage;prenom;date_naissance;nir;email;voie;code_postal;ville;code_pays;iban;contrat;" +
		"date_debut;date_fin;categorie_temps;taux_activite;strate;categorie;fonction\n"
	gaelle = "00001;MME;Lemaître;Bonnet;Gaëlle;17/06/1975;275065299929062;g@example.org;27 allée de l'Été;01000;BOURG;FR;" +
		"FR76 9999 9352 7538 5643 0633 135;01;01/09/2006;;SUP_1558;100,00;III;AGENT;F_COMPTA_01\n"
	elementHead = "matricule;code;quantity;amount\n"
)

func options() *Options {
	return &Options{Dossier: "saint-martin", Period: "2026-11", Known: []string{"saint-martin"}}
}

// read is what a file gives: the rows, or what is wrong.
func read(t *testing.T, table *Table, o *Options, content string) (rows string, f *File, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err = Open(path, table, o); err != nil {
		return "", nil, err
	}
	defer f.Close()
	var out bytes.Buffer
	var mistakes Mistakes
	if err := f.Copy(&out, &mistakes, func(int) {}); err != nil {
		return "", f, err
	}
	return out.String(), f, mistakes.Err()
}

func TestOneExportInEachForm(t *testing.T) {
	t.Parallel()
	want := "saint-martin\t00001\tMME\tLemaître\tBonnet\tGaëlle\t1975-06-17\t275065299929062\tg@example.org\t27 allée de l'Été\t" +
		"01000\tBOURG\tFR\tFR7699999352753856430633135\t01\t2006-09-01\t\\N\tSUP_1558\t100\tIII\tAGENT\tF_COMPTA_01\t2\n"
	encoded := func(encode func(string) (string, error), text string) string {
		done, err := encode(text)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	quoted := strings.ReplaceAll(strings.ReplaceAll(head+gaelle, "100,00", `"100,00"`), ";", ",")
	for name, test := range map[string]struct {
		content, encoding string
		separator         rune
	}{
		"UTF-8":            {head + gaelle, "UTF-8", ';'},
		"with a mark":      {"\ufeff" + head + gaelle, "UTF-8", ';'},
		"Windows":          {encoded(charmap.Windows1252.NewEncoder().String, head+gaelle), "Windows-1252", ';'},
		"UTF-16":           {encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String, head+gaelle), "UTF-16", ';'},
		"UTF-16 big":       {encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String, head+gaelle), "UTF-16", ';'},
		"UTF-16 unmarked":  {encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String, head+gaelle), "UTF-16", ';'},
		"commas":           {quoted, "UTF-8", ','},
		"tabulators":       {strings.ReplaceAll(head+gaelle, ";", "\t"), "UTF-8", '\t'},
		"CRLF":             {strings.ReplaceAll(head+gaelle, "\n", "\r\n"), "UTF-8", ';'},
		"without the last": {strings.TrimSpace(head + gaelle), "UTF-8", ';'},
		"headings": {strings.Replace(head, "matricule;civilite;nom_naissance", "MATRICULE;Civilité;Nom naissance", 1) + gaelle,
			"UTF-8", ';'},
		"empty rows":             {head + gaelle + "\n" + strings.Repeat(";", 20) + "\n", "UTF-8", ';'},
		"rows end so":            {head + strings.ReplaceAll(gaelle, "\n", ";;\n"), "UTF-8", ';'},
		"Macintosh":              {strings.ReplaceAll(head+gaelle, "\n", "\r"), "UTF-8", ';'},
		"a heading of two lines": {strings.Replace(head, "nom_naissance", "\"Nom\nnaissance\"", 1) + gaelle, "UTF-8", ';'},
		"ISO dates":              {head + strings.Replace(gaelle, "17/06/1975", "1975-06-17 00:00:00", 1), "UTF-8", ';'},
	} {
		rows, f, err := read(t, Employees, options(), test.content)
		if name == "a heading of two lines" {
			rows = strings.Replace(rows, "\t3\n", "\t2\n", 1)
		}
		if err != nil || rows != want || f.Encoding != test.encoding || f.Separator != test.separator || f.Rows != 1 {
			t.Errorf("%s: %q, %+v, %v", name, rows, f, err)
		}
	}
}

// TestSpreadsheetsLine: the first line by which a file tells Excel its separator is no heading, whatever it tells.
func TestSpreadsheetsLine(t *testing.T) {
	t.Parallel()
	want := "saint-martin\t00001\t2026-11\tHSUP25\t3.5\t\\N\t3\n"
	for name, test := range map[string]struct {
		content   string
		separator rune
	}{
		"plain":      {"sep=;\n" + elementHead + "00001;HSUP25;3,50;\n", ';'},
		"Windows":    {"\ufeffSEP=;\r\n" + elementHead + "00001;HSUP25;3,50;\r\n", ';'},
		"quoted":     {"\"sep=;\";;;\n" + elementHead + "00001;HSUP25;3,50;\n", ';'},
		"tabulators": {"sep=\t\n" + strings.ReplaceAll(elementHead+"00001;HSUP25;3,50;\n", ";", "\t"), '\t'},
		"it lies":    {"sep=,\n" + elementHead + "00001;HSUP25;3,50;\n", ';'},
		"of another": {"sep=:\n" + strings.ReplaceAll(elementHead+"00001;HSUP25;3,50;\n", ";", ":"), ':'},
		"Macintosh":  {strings.ReplaceAll("sep=;\n"+elementHead+"00001;HSUP25;3,50;\n", "\n", "\r"), ';'},
	} {
		rows, f, err := read(t, Elements, options(), test.content)
		if err != nil || rows != want || f.Separator != test.separator {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
	for place, content := range map[string]string{
		"line 2, amount":   "sep=;\nmatricule;code;quantity\n00001;HSUP25;3,50\n",
		"line 3, quantity": "sep=;\n" + elementHead + "00001;HSUP25;3h50;\n",
		"line 3":           "sep=;\n" + elementHead + "00001;\"HSUP25;3h50;\n",
	} {
		_, _, err := read(t, Elements, options(), content)
		if err == nil || !strings.Contains(err.Error(), "export.csv, "+place+": ") {
			t.Errorf("%s: %v", place, err)
		}
	}
}

func TestElementsAreRead(t *testing.T) {
	t.Parallel()
	rows, _, err := read(t, Elements, options(), elementHead+"00001;HSUP25;3,50;\n00001;ACOMPTE;;1 250,40\n"+
		"00003;P;-0,125;-12.5\n00003;Q;0.125;1250\n")
	want := "saint-martin\t00001\t2026-11\tHSUP25\t3.5\t\\N\t2\nsaint-martin\t00001\t2026-11\tACOMPTE\t\\N\t1250.4\t3\n" +
		"saint-martin\t00003\t2026-11\tP\t-0.125\t-12.5\t4\nsaint-martin\t00003\t2026-11\tQ\t0.125\t1250\t5\n"
	if err != nil || rows != want {
		t.Errorf("%q %v", rows, err)
	}
	own := &Options{Known: []string{"saint-martin"}}
	rows, _, err = read(t, Elements, own, "dossier;period;"+elementHead+"saint-martin;11/2026;00001;A\\B;1;\n")
	if want := "saint-martin\t00001\t2026-11\tA\\\\B\t1\t\\N\t2\n"; err != nil || rows != want {
		t.Errorf("%q %v", rows, err)
	}
}

// TestBadFiles: each is told by line and column, in both languages, and by no value of a person.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	change := func(old, with string) string { return head + strings.Replace(gaelle, old, with, 1) }
	heading := func(old, with string) string { return strings.Replace(head, old, with, 1) + gaelle }
	dos, err := charmap.CodePage850.NewEncoder().String(head + gaelle)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := charmap.Macintosh.NewEncoder().String(head + gaelle)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Options)) *Options {
		o := options()
		change(o)
		return o
	}
	for _, test := range []struct {
		code, place, content string
		options              *Options
	}{
		{"load.no-row", "export.csv", "", nil},
		{"load.workbook", "export.csv", "PK\x03\x04 and so on", nil},
		{"load.no-header", "line 1", gaelle + gaelle, nil},
		{"load.no-row", "export.csv", "\ufeff", nil},
		{"load.no-row", "export.csv", "sep=;\r\n", nil},
		{"load.swapped", "line 1", elementHead + "00001;HSUP25;3,50;\n", nil},
		{"load.no-header", "line 1", "Export de novembre;;;\n" + head + gaelle, nil},
		{"load.values-too", "line 1", strings.TrimSuffix(head, "\n") + gaelle, nil},
		{"load.values-too", "line 1", strings.Replace(head, "\n", ";", 1) + gaelle, nil},
		{"load.values-too", "line 1", heading(";nir", ";275065299929062"), nil},
		{"load.other-separator", "line 1", head + gaelle, with(func(o *Options) { o.Separator = ',' })},
		{"load.other-separator", "line 1", strings.ReplaceAll(head+gaelle, ";", ","), with(func(o *Options) { o.Separator = ';' })},
		{"load.other-separator", "line 2", "sep=;\n" + head + gaelle, with(func(o *Options) { o.Separator = '\t' })},
		{"load.missing", "line 1, nir", heading(";nir", ";nirr"), nil},
		{"load.missing-needed", "line 1, matricule", heading("matricule;", "numero;"), nil},
		{"load.unknown-near", "line 1", heading(";nir", ";nirr"), nil},
		{"load.unknown", "line 1", strings.Replace(head, "\n", ";Observations\n", 1) + strings.Replace(gaelle, "\n", ";\n", 1), nil},
		{"load.unnamed", "line 2", strings.Replace(head, "\n", ";\n", 1) + strings.Replace(gaelle, "\n", ";x\n", 1), nil},
		{"load.heading-twice", "line 1, ville", heading(";ville", ";ville;Ville"), nil},
		{"load.told-twice", "line 1, dossier", "dossier;" + head + "saint-martin;" + gaelle, with(func(o *Options) { o.DossierNamed = true })},
		{"load.untold", "line 1, dossier", head + gaelle, with(func(o *Options) { o.Dossier = "" })},
		{"load.no-heading", "line 1, nir", head + gaelle, with(func(o *Options) { o.Columns = map[string]string{"nir": "Sécu"} })},
		{"load.needed", "line 1, matricule", head + gaelle, with(func(o *Options) { o.Columns = map[string]string{"matricule": ""} })},
		{"load.fields", "line 2", change("27 allée", "27;allée"), nil},
		{"load.quotes", "line 2", change("27 allée", `27 "allée`), nil},
		{"load.quotes", "line 2", change("27 allée", `"27 allée`), nil},
		{"load.long", "line 2", change("27 allée", `"27 allée`) + strings.Repeat(gaelle, 10_000), nil},
		{"load.empty", "line 2, matricule", change("00001", ""), nil},
		{"load.no-dossier", "line 2, dossier", "dossier;" + head + "saint-martn;" + gaelle, nil},
		{"load.control", "line 2, prenom", change("Gaëlle", "Ga\x00lle"), nil},
		{"load.control", "line 2, prenom", change("Gaëlle", "Gaëll\x07e"), nil},
		{"load.replacement", "line 2, prenom", change("Gaëlle", "Ga\ufffdlle"), nil},
		{"load.twice", "line 2, prenom", change("Gaëlle", "GaÃ«lle"), nil},
		{"load.twice", "line 2, prenom", change("Gaëlle", "Ga\xc3\xablle") + strings.Replace(gaelle, "Gaëlle", "Ga\xeblle", 1), nil},
		{"load.control", "line 2, matricule", change("00001", "\ufeff00001"), nil},
		{"load.control", "line 2, matricule", change("00001", "00\u200b001"), nil},
		{"load.lines", "line 2, voie", change("27 allée de l'Été", "\"27 allée\r\nde l'Été\""), nil},
		{"load.other-code", "line 2, prenom", dos, nil},
		{"load.other-code", "line 2, nom_naissance", mac, nil},
		{"load.other-code", "line 2, prenom", strings.Replace(mac, "Lema\x94tre", "Martin", 1), nil},
		{"load.other-code", "line 2, nom_usage", change("Bonnet", "BonnŽt"), nil},
		{"load.other-code", "line 2, ville", change("BOURG", "ƒVREUX"), nil},
		{"load.fields", "line 2", strings.TrimSuffix(head+gaelle, ";F_COMPTA_01\n"), nil},
		{"load.scientific", "line 2, nir", change("275065299929062", "2,75E+14"), nil},
		{"load.scientific", "line 2, matricule", change("00001", "1E5"), nil},
		{"load.no-date", "line 2, date_naissance", change("17/06/1975", "17 juin 1975"), nil},
		{"load.no-date", "line 2, date_naissance", change("17/06/1975", "17/06/75"), nil},
		{"load.no-such-day", "line 2, date_naissance", change("17/06/1975", "06/17/1975"), nil},
		{"load.no-such-day", "line 2, date_naissance", change("17/06/1975", "29/02/1975"), nil},
		{"load.no-number", "line 2, taux_activite", change("100,00", "100 %"), nil},
		{"load.too-large", "line 2, taux_activite", change("100,00", "10000"), nil},
		{"load.decimals", "line 2, taux_activite", change("100,00", "33,3333"), nil},
	} {
		o := test.options
		if o == nil {
			o = options()
		}
		_, _, err := read(t, Employees, o, test.content)
		wantMistake(t, err, test.code, test.place)
	}
	for _, test := range []struct{ code, place, content string }{
		{"load.no-element-row", "export.csv", ""},
		{"load.swapped", "line 2", "sep=;\n" + head + gaelle},
		{"load.no-number", "line 2, amount", elementHead + "00001;A;;1.250,40\n"},
		{"load.no-number", "line 2, amount", elementHead + "00001;A;;12,50-\n"},
		{"load.thousands", "line 2, amount", elementHead + "00001;A;;1.250\n"},
		{"load.thousands", "line 2, amount", elementHead + "00001;A;;1,250\n"},
		{"load.thousands", "line 2, quantity", elementHead + "00001;A;1.250;\n"},
		{"load.decimals", "line 2, amount", elementHead + "00001;A;;12,5055\n"},
		{"load.too-large", "line 2, amount", elementHead + "00001;A;;12345678901\n"},
		{"load.no-month", "line 2, period", "period;" + elementHead + "2026-13;00001;A;1;\n"},
		{"load.empty", "line 2, code", elementHead + "00001;;1;\n"},
	} {
		_, _, err := read(t, Elements, options(), test.content)
		wantMistake(t, err, test.code, test.place)
	}
}

var personal = regexp.MustCompile(`Lema|Bonnet|Ga.?.?lle|275065|9352|juin|06/17|Été`)

func wantMistake(t *testing.T, err error, code, place string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: nothing is wrong", code)
		return
	}
	all := []error{err}
	if joined, ok := errors.AsType[*Error](err); ok {
		all = joined.error.(interface{ Unwrap() []error }).Unwrap() //nolint:errorlint,forcetypeassert // of errors.Join
	}
	if !slices.ContainsFunc(all, func(one error) bool {
		m, ok := errors.AsType[*Mistake](one)
		return ok && m.What.Code == code && strings.Contains(m.Error(), place+": ")
	}) || !strings.Contains(err.Error(), "hint: ") {
		t.Errorf("%s at %s: %v", code, place, err)
	}
	for _, language := range []locale.Language{locale.English, locale.French} {
		said := hinted.TextIn(locale.Of(language, ""), err)
		if found := personal.FindString(said); found != "" || strings.Contains(said, "{") {
			t.Errorf("%s: %q is told: %s", code, found, said)
		}
	}
}

// TestManyMistakes: the first ones are told, each next step once, and how many more there are.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	_, _, err := read(t, Elements, options(), elementHead+strings.Repeat("00001;A;many;\n", 500))
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	said := err.Error()
	if strings.Count(said, "it is no number") != 20 || strings.Count(said, "hint: ") != 1 || !strings.Contains(said, "… and 480 more") {
		t.Errorf("%s", said)
	}
}

// What is no file, or is written to meanwhile, is refused.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for path, code := range map[string]string{folder: "load.no-file", filepath.Join(folder, "none.csv"): "load.unreadable"} {
		_, err := Open(path, Employees, options())
		if mistake, ok := errors.AsType[*Mistake](err); !ok || mistake.What.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	path := filepath.Join(folder, "moving.csv")
	if err := os.WriteFile(path, []byte(head+gaelle), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, Employees, options())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	err = f.Copy(&bytes.Buffer{}, &Mistakes{}, func(int) {})
	if mistake, ok := errors.AsType[*Mistake](err); !ok || mistake.What.Code != "load.moved" {
		t.Errorf("%v", err)
	}
}

// TestNamesOfOthersAreRead: what is rare in French is no sign of another system.
func TestNamesOfOthersAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ŽIŽEK", "Žižek", "Šárka", "ŠKODA", "L’Hôpital", "d‘Artagnan",
		"Œdipe", "Cœur", "Ÿ", "BOUŸS", "Ångström", "“Jo”", "Núñez"} {
		if wrong := damaged(name); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// FuzzFile: no file makes it fall over, or write a row that Postgres could take for another; what is wrong is told with the file.
func FuzzFile(f *testing.F) {
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	sixteen, err := utf16.String(head + gaelle)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		head + gaelle, "\ufeff" + head + gaelle, sixteen, sixteen[:len(sixteen)-1], head + `"`, "\xff\xfem\x00a\x00", "\x00\xd8\x00\xd8", "PK\x03\x04",
		"sep=;\n" + head + gaelle, "sep=\"\n" + head, "sep=\n", "sep=;", "\"sep=,\"\r" + strings.ReplaceAll(head+gaelle, "\n", "\r"),
		strings.ReplaceAll(head+gaelle, ";", ",") + ",,\n", head + strings.ReplaceAll(gaelle, "\n", ";;\n") + "\n;\n",
		head + strings.Replace(gaelle, "27 allée", "\"27\nallée\"", 1), head + strings.Replace(gaelle, "é", "\xe9", 1),
		elementHead + "00001;HSUP25;3,50;\n00001;ACOMPTE;;1 250,40\n00003;P;-0,125;-12.5\n",
		"dossier;period;" + elementHead + "saint-martin;11/2026;1;A\\B;1;\n",
		"\n\n" + elementHead + "\t;\t;1;\n", elementHead + "1;A;1e9;\n1;A;1.250;\n1;A;12345678901;0,005\n1;\\N;1;\\.\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for _, table := range []*Table{Employees, Elements} {
			rows, file, err := read(t, table, options(), content)
			if err == nil && strings.Count(rows, "\n") != file.Rows {
				t.Errorf("%d rows: %q", file.Rows, rows)
			}
			if err != nil && !strings.Contains(err.Error(), "export.csv") {
				t.Errorf("no file is named: %v", err)
			}
			for line := range strings.Lines(rows) {
				if n := strings.Count(line, "\t"); n != len(table.columns) || strings.ContainsAny(line, "\r\x00") {
					t.Error(fmt.Sprint(n, line))
				}
			}
		}
	})
}
