package contract_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"syncd/internal/contract"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Three contracts, each as text: B takes less than A, C takes what B does and one member more, and D what A does and one more.
var (
	contractA = contracttest.Swagger(salarie(`"Nom":{"type":"string","maxLength":80}`))
	contractB = contracttest.Swagger(salarie(`"Nom":{"type":"string","maxLength":20}`))
	contractC = contracttest.Swagger(salarie(`"Nom":{"type":"string","maxLength":20},"Surnom":{"type":"string"}`))
	contractD = contracttest.Swagger(salarie(`"Nom":{"type":"string","maxLength":80},"Surnom":{"type":"string"}`))
)

func salarie(properties string) string {
	return `"Salarie":{"type":"object","properties":{"Matricule":{"type":"string"},` + properties + `}}`
}

// named is a contract for messages of a test.
func named(digest string) string {
	for name, text := range map[string]string{"A": contractA, "B": contractB, "C": contractC, "D": contractD} {
		if d, err := openapi.Read([]byte(text)); err == nil && d.Digest == digest {
			return name
		}
	}
	return digest
}

// keeping is a keeper, with what it talks to.
type keeping struct {
	t     *testing.T
	api   *shownAPI
	shelf *shelf
	*contract.Keeper
}

func newKeeping(t *testing.T) *keeping {
	t.Helper()
	k := &keeping{t: t, api: &shownAPI{}, shelf: &shelf{}}
	k.api.fails(jobs.ClassConfiguration)
	k.Keeper = k.another()
	return k
}

// another is the keeper of another process: same API, same ledger.
func (k *keeping) another() *contract.Keeper {
	return contract.NewKeeper(contract.Options{Source: contract.Auto, API: k.api, Ledger: k.shelf, Settings: contracttest.Settings(),
		Log: zerolog.Nop()})
}

func (k *keeping) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// sending is a job that maps two members.
func sending() *jobs.PushJob {
	return &jobs.PushJob{Name: "paie", Mapping: mapping.Spec{Fields: []mapping.Field{{Path: "Matricule", Column: "matricule"},
		{Path: "Nom", Column: "nom"}}}}
}

// run is what a run is told.
func (k *keeping) run() *jobs.Contract {
	k.t.Helper()
	c, err := k.InForce(k.t.Context(), sending(), 1, "")
	k.must(err)
	return c
}

func (k *keeping) standing() *contract.Standing {
	k.t.Helper()
	s, err := k.Standing(k.t.Context())
	k.must(err)
	return s
}

// wantInForce runs, and wants a contract in force, with so many breaking changes that wait for a person.
func (k *keeping) wantInForce(name string, waiting int) *jobs.Contract {
	k.t.Helper()
	c := k.run()
	switch {
	case c == nil:
		k.t.Fatal("a run is told nothing")
	case c.Digest == "" && name == "" && c.Checker == nil:
	case named(c.Digest) != name || len(c.Breaking) != waiting:
		k.t.Fatalf("%s is in force, and %d changes wait, want %s and %d: %+v", named(c.Digest), len(c.Breaking), name, waiting, c.Breaking)
	}
	return c
}

func (k *keeping) wantAsked(times int) {
	k.t.Helper()
	if got := k.api.times(); got != times {
		k.t.Fatalf("the API was asked %d times, want %d", got, times)
	}
}

func (k *keeping) wantAccepted(want string) {
	k.t.Helper()
	if got := k.shelf.acceptances(); got != want {
		k.t.Fatalf("accepted: %q, want %q", got, want)
	}
}

func wantConfiguration(t *testing.T, err error, words string) {
	t.Helper()
	call, ok := errors.AsType[*jobs.CallError](err)
	if !ok || call.Class != jobs.ClassConfiguration || !strings.Contains(err.Error(), words) {
		t.Fatalf("%v", err)
	}
}
