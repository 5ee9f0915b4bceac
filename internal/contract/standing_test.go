package contract_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/contract"
	"syncd/internal/contract/contracttest"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// next shows another contract, and lets an hour pass.
func (k *keeping) next(text string) {
	k.api.shows(text)
	time.Sleep(time.Hour)
}

func TestWhatBreaksNothingIsAcceptedByItself(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.wantInForce("A", 0)
		k.next(contractD)
		c := k.wantInForce("D", 0)
		k.wantAccepted("A, D")
		if c.Before != "" || c.Since != nil {
			t.Errorf("before any run: %+v", c)
		}
	})
}

func TestWhatBreaksWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.wantInForce("A", 0)
		k.next(contractB)
		for range 3 {
			c := k.wantInForce("B", 1)
			if c.Breaking[0].Kind != jobs.ContractLimitNarrowed || c.Breaking[0].Path != "Nom" {
				t.Errorf("%+v", c.Breaking)
			}
			time.Sleep(time.Hour)
		}
		k.wantAccepted("A")
		s, err := k.Standing(t.Context())
		k.must(err)
		if _, err = k.Accept(t.Context(), s, ledger.Acceptance{By: "marie", Reason: "our names are short"}); err != nil {
			t.Fatal(err)
		}
		k.wantInForce("B", 0)
		k.wantAccepted("A, B by marie")
	})
}

// What came after a change that waits adds to it, but is no way around it.
func TestAnAdditionToWhatWaitsWaitsAsWell(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.wantInForce("A", 0)
		k.next(contractB)
		k.wantInForce("B", 1)
		k.next(contractC)
		k.wantInForce("C", 1)
		k.wantAccepted("A")
		s, err := k.Standing(t.Context())
		k.must(err)
		if named(s.Accepted.Digest) != "A" || len(s.Changes) != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestBackToTheAcceptedContractNeedsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.wantInForce("A", 0)
		k.next(contractB)
		k.wantInForce("B", 1)
		k.next(contractA)
		k.wantInForce("A", 0)
		k.wantAccepted("A")
		k.next(contractB) // and it breaks again as it did before
		k.wantInForce("B", 1)
	})
}

// Another process that is quicker to accept what breaks nothing is in nobody's way; to a person it is told.
func TestSomebodyElseIsQuicker(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.shelf.moved = true
		k.wantInForce("A", 0)
		s, err := k.Standing(t.Context())
		k.must(err)
		if _, err := k.Accept(t.Context(), s, ledger.Acceptance{By: "marie", Reason: "why not"}); !errors.Is(err, jobs.ErrContractMoved) {
			t.Errorf("%v", err)
		}
	})
}

// A process that dies between recording and accepting leaves the rest to the next.
func TestDeathBetweenRecordingAndAccepting(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.shelf.moved = true // what the first one would have accepted is lost
		k.next(contractA)
		k.wantInForce("A", 0)
		k.shelf.moved = false
		k.Keeper = k.another()
		k.wantInForce("A", 0)
		k.wantAccepted("A")
		k.wantAsked(1)
	})
}

func salarieBy(verb, place string) string {
	return `{"swagger":"2.0","info":{"title":"T","version":"V2"},"basePath":"/Api2","paths":{"/V2/Salarie":{` +
		contracttest.Call(verb, contracttest.Parameter("header", place, true)) + `}}}`
}

// Where the contract says otherwise than a default that nobody wrote, nothing is sent before somebody wrote it: not where the
// default says, nor where the contract does. A pull makes no call by the verb.
func TestADefaultAgainstTheContractStops(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		const verb, key = "method is not written, and thus POST, but the contract has only PUT /V2/Salarie", "dossier_key is not written"
		pull := func() error {
			_, err := k.InForce(t.Context(), nil, 1, "")
			return err
		}
		k.next(salarieBy("put", "X-Cle-Dossier"))
		_, err := k.InForce(t.Context(), sending(), 1, "")
		wantConfiguration(t, err, verb)
		k.must(pull())
		k.Settings.Method, k.Settings.MethodSet = "PUT", true
		k.run()

		k.Settings = contracttest.Settings()
		k.next(salarieBy("post", "Cle-Api"))
		_, _, err = k.Fetch(t.Context())
		k.must(err)
		_, err = k.Accept(t.Context(), k.standing(), ledger.Acceptance{By: "marie", Reason: "as announced"})
		k.must(err)
		_, err = k.InForce(t.Context(), sending(), 1, "")
		wantConfiguration(t, err, key)
		wantConfiguration(t, pull(), key)
		k.Settings.KeySet = true // it is what the user wants, whatever the contract says
		k.run()
		k.must(pull())
	})
}

// While another verb waits for a person, runs are held for that; once it is accepted they stop for the configuration, until it
// says the same.
func TestAnotherVerbWaitsForAPersonAndForTheConfiguration(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(salarieBy("post", "X-Cle-Dossier"))
		k.run()
		k.next(salarieBy("patch", "Cle-Api"))
		if c := k.run(); len(c.Breaking) == 0 {
			t.Error("another verb and another place for the key break nothing")
		}
		_, err := k.Accept(t.Context(), k.standing(), ledger.Acceptance{By: "marie", Reason: "as announced"})
		k.must(err)
		_, err = k.InForce(t.Context(), sending(), 1, "")
		wantConfiguration(t, err, "but the contract has only PATCH /V2/Salarie")
		k.Settings.Method, k.Settings.MethodSet = "PATCH", true
		_, err = k.InForce(t.Context(), sending(), 1, "")
		wantConfiguration(t, err, `but in the contract it goes into header "Cle-Api"`)
		k.Settings.KeyName, k.Settings.KeySet = "Cle-Api", true
		if c := k.run(); len(c.Breaking) != 0 {
			t.Errorf("%+v", c.Breaking)
		}
	})
}

// A run is told what changed since the target's last run, a resumed one what changed since its own plan.
func TestChangesSinceARun(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		a := k.wantInForce("A", 0).Digest
		k.next(contractB)
		b := k.wantInForce("B", 1).Digest
		k.shelf.last = a
		if c := k.run(); c.Before != a || len(c.Since) != 1 || !c.Since[0].Breaking {
			t.Errorf("%+v", c)
		}
		c, err := k.InForce(t.Context(), sending(), 1, b)
		k.must(err)
		if c.Since != nil || c.Before != a {
			t.Errorf("nothing changed since: %+v", c)
		}
		c, err = k.InForce(t.Context(), sending(), 1, strings.Repeat("0", 64))
		k.must(err)
		if c.Since != nil {
			t.Errorf("since one that nobody knows any more: %+v", c)
		}
	})
}

// A contract that a run was planned under is found by the ledger's name for it, whatever this version calls it.
func TestTheLedgersNameOfAContractStays(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		old := strings.Repeat("e", 64)
		k.shelf.texts = map[string][]byte{old: []byte(contractA)}
		k.shelf.known.Seen = []ledger.SeenContract{{Digest: old}}
		k.shelf.known.Accepted = old
		now := time.Now()
		k.shelf.known.AskedAt = &now
		if c := k.run(); c.Digest != old {
			t.Errorf("%+v", c)
		}
		s, err := k.Standing(t.Context())
		k.must(err)
		d, err := k.Document(t.Context(), s, "EEEE")
		k.must(err)
		if d.Digest != old {
			t.Error(d.Digest)
		}
		if _, err := k.Document(t.Context(), s, ""); !errors.Is(err, jobs.ErrNoContract) {
			t.Errorf("no digest at all: %v", err)
		}
		if _, err := k.Document(t.Context(), s, "abc"); !errors.Is(err, jobs.ErrNoContract) {
			t.Errorf("%v", err)
		}
	})
}

// More contracts than are remembered are read again from the ledger.
func TestManyContractsAreKeptInBounds(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		for _, text := range []string{contractA, contractD, contractA, contractB, contractC, contractD, contractB, contractA} {
			k.next(text)
			k.run()
		}
		k.wantInForce("A", 1) // D was accepted by itself, and has a member more
		k.wantAccepted("A, D")
	})
}

// Without the API its last word counts, and nobody is asked.
func TestWithoutTheAPIItsLastWordCounts(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractA)
		k.wantInForce("A", 0)
		k.next(contractB)
		offline := contract.NewKeeper(contract.Options{Ledger: k.shelf, Settings: contracttest.Settings(), Source: contract.Auto})
		c, err := offline.InForce(t.Context(), sending(), 1, "")
		k.must(err)
		if named(c.Digest) != "A" {
			t.Errorf("%+v", c)
		}
		k.wantAsked(1)
	})
}

// A mapping's member that the contract does not have is told, and a document that does not fit is told from one that does.
func TestWhatARunIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.next(contractB)
		c := k.run()
		if c.Unknown != nil || c.Checker.Check([]byte(`{"Matricule":"1","Nom":"DURAND"}`)) != nil {
			t.Errorf("%+v", c)
		}
		if problems := c.Checker.Check([]byte(`{"Matricule":"1","Nom":"` + strings.Repeat("N", 21) + `"}`)); len(problems) != 1 ||
			problems[0].Path != "/Nom" {
			t.Errorf("%+v", problems)
		}
		k.next(contracttest.Swagger(salarie(`"Autre":{"type":"string"}`)))
		if c = k.run(); len(c.Unknown) != 1 || c.Unknown[0] != "Nom" {
			t.Errorf("%+v", c.Unknown)
		}
		k.next(`{"swagger":"2.0","info":{"title":"T","version":"V2"},"paths":{"/V2/Autre":{` + contracttest.Call("post", "") + `}}}`)
		if c = k.run(); c.Checker != nil || len(c.Breaking) != 1 || c.Breaking[0].Kind != jobs.ContractOperationRemoved {
			t.Errorf("%+v", c)
		}
		synctest.Wait()
	})
}

// A process whose configuration names no call of the contracts cannot tell what breaks, and reading accepts nothing.
func TestWhoCannotCompareAcceptsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.wantInForce("A", 0)
		mistyped := k.another()
		mistyped.Settings.Path = "/V2/Salaire"
		time.Sleep(time.Hour)
		k.api.shows(contractB)
		if _, err := mistyped.InForce(t.Context(), sending(), 1, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := mistyped.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.wantAccepted("A")
		k.wantInForce("B", 1)
		k.api.shows(contractD)
		time.Sleep(time.Hour)
		reading := k.another()
		reading.API = nil
		if _, err := reading.Standing(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.wantAccepted("A")
		k.wantInForce("D", 0)
		k.wantAccepted("A, D")
	})
}
