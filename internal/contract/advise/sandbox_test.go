package advise_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"syncd"
	"syncd/internal/contract/advise"
	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/partner/isidoor/standin"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with a file of testdata/scaffold.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "scaffold", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", file, got)
	}
}

// TestScaffoldOfTheSandbox: what is drafted for the sample's tables loads, and is a mapping that the contract takes.
func TestScaffoldOfTheSandbox(t *testing.T) {
	t.Parallel()
	op, shape := operation(t, standin.ProfileIsidoor, "Salarie_Post"), staging()
	draft := advise.Scaffold(hinted.English(), op, sampleJob(t), shape, pulled())
	golden(t, "isidoor.toml", draft)
	onlyLacks(t, check.CheckMapping(op, job(t, pasted(t, syncd.SampleConfig, draft)).Mapping, &shape, pulled(), contracttest.Params()))
	drafted := job(t, pasted(t, syncd.SampleConfig, trusted(draft)))
	if _, err := mapping.Compile(drafted.Mapping, shape, pulled(), contracttest.Params()); err != nil {
		t.Errorf("compiling: %v", err)
	}
	for _, a := range check.CheckMapping(op, drafted.Mapping, &shape, pulled(), contracttest.Params()) {
		if a.Level != check.LevelInfo {
			t.Error(contracttest.Lines([]check.Advice{a})[0])
		}
	}
	if unknown := check.Unknown(op, drafted.Mapping); unknown != nil {
		t.Errorf("unknown members: %v", unknown)
	}
}

// TestScaffoldOfOtherNames: another shape of the API, in which half of the members have other names than the columns.
func TestScaffoldOfOtherNames(t *testing.T) {
	t.Parallel()
	op, shape := operation(t, standin.ProfilePlat, "PUT /V2/Salaries"), staging()
	shape.Employee = append(shape.Employee, mapping.Column{Name: "heures", Type: oidInt4})
	draft := advise.Scaffold(hinted.English(), op, job(t, standin.PlatConfig), shape, pulled())
	golden(t, "plat.toml", draft)
	for _, text := range []string{draft, trusted(draft)} {
		onlyLacks(t, check.CheckMapping(op, job(t, pasted(t, withoutGuard(standin.PlatConfig), text)).Mapping, &shape, pulled(),
			contracttest.Params()))
	}
}

// onlyLacks wants no other errors than that required members are not mapped yet.
func onlyLacks(t *testing.T, advice []check.Advice) {
	t.Helper()
	for _, a := range contracttest.Errors(advice) {
		if a.Fact.Code != "contract.unmapped" {
			t.Error(contracttest.Lines([]check.Advice{a})[0])
		}
	}
}

// trusted is a draft whose guesses are all taken for right.
func trusted(draft string) string {
	fields, list, unsure := strings.Cut(draft, "# [[job.children]]\n")
	if unsure {
		draft = fields + "[[job.children]]\n" + strings.TrimPrefix(strings.ReplaceAll("\n"+list, "\n# ", "\n"), "\n")
	}
	return regexp.MustCompile("(?m)^# (.* # .*GUESSED from the name)").ReplaceAllString(draft, "$1")
}

// TestConfigurationsOfTheSandbox: the configurations that come with syncd suit the contracts that they are meant for.
func TestConfigurationsOfTheSandbox(t *testing.T) {
	t.Parallel()
	shape := staging()
	for _, a := range check.CheckMapping(operation(t, standin.ProfileIsidoor, "Salarie_Post"), sampleJob(t).Mapping, &shape, pulled(),
		contracttest.Params()) {
		t.Log("isidoor:", contracttest.Lines([]check.Advice{a})[0])
		if a.Level == check.LevelError {
			t.Error(contracttest.Lines([]check.Advice{a})[0])
		}
	}
	shape.Employee = append(shape.Employee, mapping.Column{Name: "heures", Type: oidInt4})
	for _, a := range check.CheckMapping(operation(t, standin.ProfilePlat, "PUT /V2/Salaries"), job(t, standin.PlatConfig).Mapping, &shape,
		pulled(), contracttest.Params()) {
		t.Log("plat:", contracttest.Lines([]check.Advice{a})[0])
		if a.Level == check.LevelError {
			t.Error(contracttest.Lines([]check.Advice{a})[0])
		}
	}
}
