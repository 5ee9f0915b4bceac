package accounts

import (
	"strings"
	"testing"
	"time"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"short": "this password is too short: at least 12 characters", strings.Repeat("word ",
			200): "this password is too long: at most 512 bytes",
		"Marie.dupont 2026": "this password is guessed: it holds the account's name, or few different characters",
		"abababababababab":  "this password is guessed: it holds the account's name, or few different characters",
		"\xff23456789012":   "this password is too long: at most 512 bytes",
		"éééà une phrase":   "", "correct horse battery": "",
	} {
		got := ""
		if err := CheckPassword(password, "marie.dupont"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	if err := checkNew("correct horse battery", "correct horse", "marie"); err == nil || err.Error() != "the two passwords are not the same" {
		t.Error(err)
	}
	kept := Hash("correct horse battery")
	if !strings.HasPrefix(kept, "$argon2id$v=19$m=19456,t=2,p=1$") || kept == Hash("correct horse battery") {
		t.Error(kept)
	}
	if !Matches("correct horse battery", kept) || Matches("correct horse batterz", kept) || Matches("", kept) || Matches("x", nobodys) {
		t.Error("another password matches, or the right one does not")
	}
	for _, broken := range []string{"", "$argon2id$", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", strings.Replace(kept, "m=19456", "m=0", 1),
		strings.Replace(kept, "m=19456", "m=99999999", 1), strings.Replace(kept, "p=1", "p=0", 1), kept[:len(kept)-4]} {
		if Matches("correct horse battery", broken) {
			t.Errorf("%q matches", broken)
		}
	}
}

// The vectors of RFC 6238, of which six digits are used.
func TestCodes(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924",
		2000000000: "279037"} {
		if got := Code(secret, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	now := time.Unix(1111111111, 0)
	for typed, fits := range map[string]bool{"050471": true, "050 471": true, " 081804 ": true, "287082": false, "": false, "50471": false} {
		if step, ok := stepOfCode(secret, typed, now); ok != fits || ok && step != stepOf(now)-map[bool]int64{true: 1}[typed == " 081804 "] {
			t.Errorf("%q: %d, %v", typed, step, ok)
		}
	}
	if again, err := ParseTyped(Typed(secret)); err != nil || string(again) != string(secret) {
		t.Error(again, err)
	}
	if got := URI(secret, "paie.example.org", "marie"); got !=
		"otpauth://totp/paie.example.org:marie?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=paie.example.org" {
		t.Error(got)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		of   Attempts
		want time.Duration
	}{
		"nothing failed":               {Attempts{}, 0},
		"four times":                   {Attempts{OfBoth: 4, LastOfBoth: now, OfAccount: 4, LastOfAccount: now}, 0},
		"five times":                   {Attempts{OfBoth: 5, LastOfBoth: now}, 5 * time.Second},
		"five times, a while ago":      {Attempts{OfBoth: 5, LastOfBoth: now.Add(-5 * time.Second)}, 0},
		"eight times":                  {Attempts{OfBoth: 8, LastOfBoth: now}, 40 * time.Second},
		"a thousand times":             {Attempts{OfBoth: 1000, LastOfBoth: now}, 5 * time.Minute},
		"from everywhere":              {Attempts{OfAccount: 1000, LastOfAccount: now}, time.Minute},
		"from everywhere, but at home": {Attempts{OfAccount: 1000, LastOfAccount: now, Known: true}, 0},
		"at home":                      {Attempts{OfBoth: 6, LastOfBoth: now, Known: true}, 10 * time.Second},
		"of many, from one address":    {Attempts{OfAddress: 100, LastOfAddress: now}, 5 * time.Second},
		"of some, from one address":    {Attempts{OfAddress: 99, LastOfAddress: now}, 0},
	} {
		if got := Delay(c.of, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	g := Grants{{Prepare, "saint-martin"}, {Approve, ""}}
	for _, c := range []struct {
		role    Role
		dossier string
		may     bool
	}{{Prepare, "saint-martin", true}, {Prepare, "sainte-anne", false}, {Prepare, "", false}, {Read, "sainte-anne", true},
		{Approve, "sainte-anne", true}, {Approve, "", true}, {Admin, "saint-martin", false}} {
		if g.May(c.role, c.dossier) != c.may {
			t.Errorf("%s of %q: %v", c.role, c.dossier, !c.may)
		}
	}
	if g.Anywhere(Admin) || !g.Anywhere(Prepare) || !g.Anywhere(Read) || g.Everywhere(Prepare) || !g.Everywhere(Approve) ||
		(Grants{}).Anywhere(Read) {
		t.Error("a role is somewhere where it is not")
	}
	if got := g.String(); got != "prepare:saint-martin approve" {
		t.Error(got)
	}
}
