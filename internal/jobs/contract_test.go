package jobs

import "testing"

func TestAnEarlierPlanIsOutdatedByWhatBreaksIt(t *testing.T) {
	t.Parallel()
	breaks := []ContractChange{{Kind: ContractMemberRequired, Path: "Nom", Breaking: true}}
	adds := []ContractChange{{Kind: ContractMemberAdded, Path: "Nom"}}
	for _, c := range []struct {
		contract *Contract
		planned  string
		want     bool
	}{
		{nil, "a", false},
		{&Contract{Since: breaks}, "a", true},
		{&Contract{Since: breaks}, "", false}, // it was planned without a contract
		{&Contract{Since: adds}, "a", false},
		{&Contract{Digest: "b", Breaking: breaks}, "", true},   // it was planned without a contract, and one waits
		{&Contract{Digest: "b", Breaking: breaks}, "b", false}, // its own finding holds it until somebody accepts
	} {
		if got := c.contract.outdates(&Run{Digests: Digests{Contract: c.planned}}); got != c.want {
			t.Errorf("%+v of a plan under %q: %v", c.contract, c.planned, got)
		}
	}
}
