package locale

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// texts collects all texts of a catalogue by where they are.
func texts(v reflect.Value, path string, found map[string]string) {
	switch v.Kind() {
	case reflect.String:
		found[path] = v.String()
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), path+"."+v.Type().Field(i).Name, found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), fmt.Sprintf("%s[%d]", path, i), found)
		}
		if v.Type() == reflect.TypeFor[Plural]() && v.Len() == 1 { // it serves every number
			found[path+"[1]"] = v.Index(0).String()
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(v.MapIndex(key), fmt.Sprintf("%s[%v]", path, key), found)
		}
	}
}

func TestCataloguesSayTheSame(t *testing.T) {
	t.Parallel()
	en, fr := map[string]string{}, map[string]string{}
	texts(reflect.ValueOf(*Of(English, "isidoor")), "", en)
	texts(reflect.ValueOf(*Of(French, "isidoor")), "", fr)
	maps.DeleteFunc(fr, func(path, _ string) bool { return strings.HasPrefix(path, ".Doings") }) // in English they are their keys
	same := []string{"paie", "SIRET", "Code", "Codes", "Dossier", "Nomenclature", "HTTP {status}", "{array}, {n}", "PRODUCTION", "{n} code",
		"{n} codes", "{n} dossier", "{n} dossiers", "", "isidoor", "Isidoor", "Chorus Pro", "Iopole", "Jindexe",
		"Version", "Type", "Collection", "{collection} {key}", "{read} = {new} + {changed} + {same} + {refused}",
		"--employee MATRICULE", "--dossier {example}", "{states}", "{decisions}", "syncd run {of} --failed-of {run}",
		"API", "MATRICULE", "COLLECTION", "configuration", "secrets", "staging", "{trouble}", "{problem}", "{finding}", " ({names})",
		"systemctl enable --now syncd", `errors = ["{pointer}"]`, "{title}, version {version} ({short_digest})", "{text}",
		"{why} (SQLSTATE {where})", "{hint}", "{endpoints}", "{what} ({times})", "{what}", "{before}{problem}", "sudo syncd setup"}
	for path, english := range en {
		french, ok := fr[path]
		if english == "" && strings.Contains(path, ".Several") {
			continue // English participles have one form
		}
		if !ok || (english == "") != (french == "") {
			t.Errorf("%s: English says %q, French %q", path, english, french)
		}
		if !slices.Equal(placeholder.FindAllString(english, -1), placeholder.FindAllString(french, -1)) {
			t.Errorf("%s: the placeholders of %q and %q differ", path, english, french)
		}
		if english == french && !slices.Contains(same, english) && !strings.HasPrefix(path, ".Plurals") {
			t.Errorf("%s: %q is the same in both languages", path, english)
		}
	}
	if len(en) != len(fr) {
		t.Errorf("English has %d texts, French %d", len(en), len(fr))
	}
}

func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	texts(reflect.ValueOf(*Of(French, "isidoor")), "", found)
	wrong := regexp.MustCompile(` [;:!?»]|« `)
	for path, text := range found {
		if hit := wrong.FindString(text); hit != "" {
			t.Errorf("%s: %q is no U+00A0 in %q", path, hit, text)
		}
	}
}

var placeholder = regexp.MustCompile(`\{([^{}\[\]]*)\}`) // ${x[1]} is one of a shell

// check tells what is missing below a value, and which placeholders are not among args.
func check(v reflect.Value, path, args string, optional bool) (problems []error) {
	switch v.Kind() {
	case reflect.String:
		return checkText(v.String(), path, args, optional)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			problems = append(problems, check(v.Field(i), strings.TrimPrefix(path+"."+field.Name, "."), field.Tag.Get("args"),
				strings.HasSuffix(field.Tag.Get("toml"), ",omitempty"))...)
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 && !optional || v.Type() == reflect.TypeFor[Plural]() && v.Len() > 2 {
			return []error{fmt.Errorf("%s has %d texts", path, v.Len())}
		}
		for i := range v.Len() {
			problems = append(problems, check(v.Index(i), fmt.Sprintf("%s[%d]", path, i), args, v.Type() != reflect.TypeFor[Plural]())...)
		}
	case reflect.Map:
		if v.Len() == 0 && !optional {
			return []error{fmt.Errorf("%s is missing", path)}
		}
		for _, key := range v.MapKeys() {
			problems = append(problems, check(v.MapIndex(key), path+"."+key.String(), args, false)...)
		}
	}
	return problems
}

func checkText(text, path, args string, optional bool) (problems []error) {
	if text == "" && !optional {
		return []error{fmt.Errorf("%s is missing", path)}
	}
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		if name := found[1]; name != "partner" && name != "section" && args != "*" && !slices.Contains(strings.Fields(args), name) {
			problems = append(problems, fmt.Errorf("%s: nothing fills {%s}", path, name))
		}
	}
	return problems
}

// whole reads texts in which no key may be missing, unknown, or have a placeholder that nothing fills.
func whole(text []byte, into any) error {
	if err := decode(text, into); err != nil {
		return err
	}
	return errors.Join(check(reflect.ValueOf(into).Elem(), "", "", false)...)
}

func TestFilesAreWhole(t *testing.T) {
	t.Parallel()
	for name, into := range map[string]any{"en.toml": &Catalogue{}, "fr.toml": &Catalogue{},
		"help.en.toml": &Help{}, "help.fr.toml": &Help{}} {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole(text, into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatACatalogueMustHave(t *testing.T) {
	t.Parallel()
	text, err := files.ReadFile("en.toml")
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) []byte {
		if !strings.Contains(string(text), from) {
			t.Fatalf("the catalogue does not have %q", from)
		}
		return []byte(strings.Replace(string(text), from, to, 1))
	}
	for want, changed := range map[string][]byte{
		"Words.NoRuns is missing":                       change("noRuns = ", "# "),
		"noRunz":                                        change("noRuns = ", "noRunz = \"x\"\nnoRuns = "),
		"Words.Plan: nothing fills {who}":               change("plan = \"", "plan = \"{who} "),
		"Plurals.Employees has 3 texts":                 change("employees = [", "employees = [\"x\", "),
		"Reasons.accepted.Plain is missing":             change("accepted.plain = ", "accepted.with = "),
		"Findings.absent[0]: nothing fills {somewhere}": change("absent = [\n  \"", "absent = [\n  \"{somewhere}"),
	} {
		if err := whole(changed, &Catalogue{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

func TestNamesOfPartners(t *testing.T) {
	t.Parallel()
	text, err := files.ReadFile("fr.toml")
	if err != nil {
		t.Fatal(err)
	}
	for partner, want := range map[string]string{
		"isidoor": "le contrat de l'API d'Isidoor a changé depuis la préparation\u00a0: plus rien n'en est envoyé",
		"other":   "le contrat de l'API de ce partenaire a changé depuis la préparation\u00a0: plus rien n'en est envoyé",
	} {
		c, err := parse(text, partner)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Reasons["contract"].Plain; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Of(French, "").Causes["client"].Mend; !strings.Contains(got, "dans [PARTENAIRE] (") {
		t.Errorf("got %q", got)
	}
	if got := Of(French, "isidoor").Causes["client"].Mend; !strings.Contains(got, "dans [isidoor] (") {
		t.Errorf("got %q", got)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	if got, want := Fill("{a} and {b}, {c}", "a", "{b}", "b", 12), "{b} and 12, {c}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
