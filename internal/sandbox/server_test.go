package sandbox

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTokensExpireAndCanBeRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokens{}
		valid := func(token string) bool { _, valid := issuer.look(token); return valid }
		first := issuer.issue("", 2*time.Second)
		time.Sleep(2*time.Second - time.Nanosecond)
		if !valid(first) {
			t.Error("the token ended early")
		}
		time.Sleep(time.Nanosecond)
		if valid(first) {
			t.Error("the token lives after its end")
		}
		second := issuer.issue("", 2*time.Second)
		if len(issuer.given) != 1 {
			t.Errorf("%d tokens kept, want the living one", len(issuer.given))
		}
		if issuer.revokeAll(); valid(second) {
			t.Error("the token lives after being revoked")
		}
	})
}

func TestDrawsAreEvenAndDependOnTheSeed(t *testing.T) {
	t.Parallel()
	faults := Faults{Unavailable: 0.1, TooMany: 0.05, Lost: 0.2}
	count := map[faultKind]int{}
	same := 0
	const n = 100_000
	for i := range uint64(n) {
		kind := faults.pick(unit(7, i))
		count[kind]++
		if kind == faults.pick(unit(8, i)) {
			same++
		}
	}
	for kind, share := range map[faultKind]float64{faultUnavailable: 0.1, faultTooMany: 0.05, faultLost: 0.2, faultNone: 0.65} {
		if got := float64(count[kind]) / n; got < share-0.01 || got > share+0.01 {
			t.Errorf("fault %d strikes %.3f, want %.3f", kind, got, share)
		}
	}
	if same == n {
		t.Error("another seed draws the same faults")
	}
}
