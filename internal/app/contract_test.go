package app

import (
	"testing"
	"time"

	"syncd/internal/contract"
	"syncd/internal/contract/openapi"
	"syncd/internal/ledger"
)

// Whoever looked at one contract does not accept another, which was seen since.
func TestTheContractThatWasLookedAtIsAccepted(t *testing.T) {
	t.Parallel()
	accepted := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	standing := func(digests ...string) *contract.Standing {
		s := &contract.Standing{Newest: &openapi.Document{Digest: digests[0]},
			Known: ledger.KnownContracts{Accepted: "00", AcceptedAt: &accepted}}
		for i, digest := range digests {
			s.Known.Seen = append(s.Known.Seen, ledger.SeenContract{Digest: digest,
				LastSeen: accepted.Add(time.Duration(len(digests)-i) * time.Hour)})
		}
		return s
	}
	one, two := standing("abcdef"), standing("abcdef", "123456")
	for _, fit := range []struct {
		s      *contract.Standing
		digest string
	}{{one, ""}, {one, "abcd"}, {two, "ABCDEF"}} {
		if err := lookedAt(fit.s, fit.digest); err != nil {
			t.Errorf("%q: %v", fit.digest, err)
		}
	}
	refusedWith(t, lookedAt(one, "abc"), DigestShort, Args{"digest": "abc", "least": minDigest, "inforce": "abcdef"})
	refusedWith(t, lookedAt(two, "123456"), DigestOther, Args{"digest": "123456", "least": minDigest, "inforce": "abcdef"})
	refusedWith(t, lookedAt(two, ""), ContractsSeen, Args{"digest": "", "least": minDigest, "inforce": "abcdef", "n": 2})
}
