package locale

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// texts collects all texts of a catalogue by where they are.
func texts(v reflect.Value, path string, found map[string]string) {
	switch v.Kind() {
	case reflect.String:
		found[path] = v.String()
	case reflect.Func:
		texts(v.Call(nil)[0], path, found)
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
	same := []string{"paie", "SIRET", "Administration", "Messages", "{n} message", "{n} messages",
		"Code", "Codes", "Dossier", "Nomenclature", "HTTP {status}", "{array}, {n}", "PRODUCTION", "{n} code",
		"{n} codes", "{n} dossier", "{n} dossiers", "", "isidoor", "Isidoor", "Chorus Pro", "Iopole", "Jindexe",
		"Version", "Type", "Collection", "{collection} {key}", "{read} = {new} + {changed} + {same} + {refused}",
		"--employee MATRICULE", "--dossier {example}", "{states}", "{decisions}", "syncd run {of} --failed-of {run}",
		"API", "MATRICULE", "COLLECTION", "configuration", "secrets", "staging", "{trouble}", "{problem}", "{finding}", " ({names})",
		"syncd daemon", `errors = ["{pointer}"]`, "{title}, version {version} ({short_digest})", "{text}",
		"{why} (SQLSTATE {where})", "{hint}", "{endpoints}", "{what} ({times})", "{what}", "{before}{problem}", "sudo syncd setup"}
	for path, english := range en {
		french, ok := fr[path]
		if english == "" && strings.Contains(path, ".Several") {
			continue // English participles have one form
		}
		if !ok || (english == "") != (french == "") {
			t.Errorf("%s: English says %q, French %q", path, english, french)
		}
		ofClock := path == ".Clock" || path == ".FullHour" // English hours have two digits
		if !ofClock && !slices.Equal(placeholder.FindAllString(english, -1), placeholder.FindAllString(french, -1)) {
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

// decode reads TOML as the library does, which sees keys that stand twice, and wants read to find the same.
func decode(text []byte, into any) error {
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			err = fmt.Errorf("unknown keys:\n%s", strict.String())
		}
		return errors.Join(err, read(text, reflect.New(reflect.TypeOf(into).Elem()).Interface(), strings.Clone))
	}
	again := reflect.New(reflect.TypeOf(into).Elem()).Interface()
	if err := read(text, again, strings.Clone); err != nil {
		return err
	}
	if !reflect.DeepEqual(again, into) {
		return errors.New("read finds something else than the library")
	}
	return nil
}

// whole reads texts in which no key may be missing, unknown, or have a placeholder that nothing fills.
func whole(text []byte, into any) error {
	if err := decode(text, into); err != nil {
		return err
	}
	return errors.Join(check(reflect.ValueOf(into).Elem(), "", "", false)...)
}

// wholeCatalogue is whole for the two parts of a catalogue.
func wholeCatalogue(text []byte) error {
	return errors.Join(whole(part(text, false), &Catalogue{}), whole(part(text, true), &errorWords{}))
}

func TestFilesAreWhole(t *testing.T) {
	t.Parallel()
	whole := map[string]func([]byte) error{"": wholeCatalogue, "help.": func(text []byte) error { return whole(text, &Help{}) }}
	for _, name := range []string{"en.toml", "fr.toml", "help.en.toml", "help.fr.toml"} {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole[name[:len(name)-len("en.toml")]](text); err != nil {
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
		"Errors.preset.not-permitted.Text is missing":   change("not-permitted.text = ", "# "),
		"already defined":                               change("noRuns = ", "noRuns = \"x\"\nnoRuns = "),
	} {
		if err := wholeCatalogue(changed); err == nil || !strings.Contains(err.Error(), want) {
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

// typedByOthers are the tables that only who types reads: errors of what is typed, of the configuration and the machine, options
// that nobody clicks, and what no page shows, or under words that say for whom it is.
var typedByOthers = regexp.MustCompile(`^\.(Answers|Doings|Found|Purge|Rekey|Forget|Alert|Schedule|Accounts|PayMonth\.(Dead|OneOf)|` +
	`Errors\[(call|command|config|contract|database|defect|inspect|isidoor|load|admin|mapping|monitor|os|preset|sandbox|scaffold|setup|` +
	`staging|issuer|web)\]|Refused\[[a-z-]+\]\.Text|Words\.UnknownNomenclature|Steps\.(FirstRun|FirstPull)|Inbox\.Full|Web\.OIDC\.Tell|Web\.Trouble\.AwayLine|` +
	`Errors\[run\]\[end-unrecorded\])`)

// Who clicks is told of no command, unless it is for an administrator.
func TestWhatThePageSaysInstead(t *testing.T) {
	t.Parallel()
	for _, language := range []Language{French, English} {
		typed, clicked := Of(language, "isidoor"), OfPage(language, "isidoor")
		if typed.Steps.Send == clicked.Steps.Send || typed.Words.WaitsForDaemon == clicked.Words.WaitsForDaemon {
			t.Errorf("%s: the page says what a terminal says", language)
		}
		found, read := map[string]string{}, 0
		texts(reflect.ValueOf(*clicked), "", found)
		for path, text := range found {
			if typedByOthers.MatchString(path) {
				continue
			}
			read++
			if before, names := namesCommand(text); names && !strings.Contains(before, "administrat") {
				t.Errorf("%s: %s names a command: %s", language, path, text)
			}
		}
		if read < 1500 {
			t.Errorf("%s: only %d texts were read", language, read)
		}
	}
}

// What a hint has for a terminal is left out on the page; what else it says stays.
func TestUntyped(t *testing.T) {
	t.Parallel()
	c := Of(English, "isidoor")
	for hint, want := range map[string]string{
		"see 'syncd runs'":                                        "",
		"plan afresh: syncd run paie":                             "plan afresh",
		"look at it; 'syncd show 3' tells; correct the data":      "look at it; correct the data",
		"an administrator names the user once: syncd account add": "an administrator names the user once: syncd account add",
		"wait until it ends":                                      "wait until it ends",
		"take --resend away":                                      "",
	} {
		if got := c.untyped(hint); got != want {
			t.Errorf("%q became %q, want %q", hint, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	if got, want := Fill("{a} and {b}, {c}", "a", "{b}", "b", 12), "{b} and 12, {c}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
