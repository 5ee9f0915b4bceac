package store

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// A sealed document opens for the employee, period and target that it was made for, with the same key, unaltered; and
// nowhere else: a row that was moved would pay somebody by another's document.
func TestSealedDocumentOpensNowhereElse(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t}
	keys, secret := keysOf(f, "ledger key"), []byte(`{"Nir":"285057899900116"}`)
	sealed := keys.seal(aDocument, secret, 7, month, "00042")
	if opened, err := keys.open(aDocument, sealed, 7, month, "00042"); err != nil || !bytes.Equal(opened, secret) {
		t.Fatalf("%q, %v", opened, err)
	}
	if bytes.Contains(sealed, []byte("285057899900116")) || bytes.Equal(sealed, keys.seal(aDocument, secret, 7, month, "00042")) {
		t.Error("it is not sealed, or not with a fresh nonce")
	}
	wrong := map[string]func() ([]byte, error){
		"another key":      func() ([]byte, error) { return keysOf(f, "another").open(aDocument, sealed, 7, month, "00042") },
		"another target":   func() ([]byte, error) { return keys.open(aDocument, sealed, 8, month, "00042") },
		"another period":   func() ([]byte, error) { return keys.open(aDocument, sealed, 7, "2026-12", "00042") },
		"another employee": func() ([]byte, error) { return keys.open(aDocument, sealed, 7, month, "00043") },
		"truncated":        func() ([]byte, error) { return keys.open(aDocument, sealed[:5], 7, month, "00042") },
		"empty":            func() ([]byte, error) { return keys.open(aDocument, nil, 7, month, "00042") },
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := keys.open(aDocument, altered, 7, month, "00042"); err == nil {
			t.Errorf("altered at byte %d, it opens", i)
		}
	}
	for name, open := range wrong {
		if opened, err := open(); err == nil || opened != nil {
			t.Errorf("%s: it opens", name)
		}
	}
}

// Two payloads exchanged in the table stop the run before anything of them is sent.
func TestExchangedPayloadsAreNotSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0))
	f.db.Exec(t, `UPDATE syncd.item i SET payload = (SELECT payload FROM syncd.item o WHERE o.seq = 3 - i.seq)`)
	claimed, err := s.Step(t.Context(), run, jobs.Step{Claim: 2})
	if err == nil || claimed.Items != nil {
		t.Fatalf("%+v", claimed)
	}
	if strings.Contains(err.Error(), "Matricule") {
		t.Error(err)
	}
}

// Fingerprints are keyed: without the ledger key nobody can try out NIRs against them.
func TestFingerprintsAreKeyed(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t}
	a, b := keysOf(f, "ledger key"), keysOf(f, "another")
	d := []byte("{}")
	if a.ID == b.ID || a.fingerprinter().Sum(d) == b.fingerprinter().Sum(d) {
		t.Error("two keys make the same")
	}
	again := a.fingerprinter()
	if first := again.Sum(d); first != again.Sum(d) || first == again.Sum([]byte("[]")) {
		t.Error("a fingerprint does not tell documents apart")
	}
}

// With a ledger key that changed nothing could be compared and everyone would be paid again: syncd refuses to start.
func TestChangedLedgerKeyIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.open()
	s, err := Open(t.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "another")})
	var changed *KeyError
	if !errors.As(err, &changed) || s != nil || !strings.Contains(err.Error(), "hint:") {
		t.Fatalf("%v", err)
	}
	if strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte("another"))) {
		t.Error("the error shows the key")
	}
	reader, err := Open(t.Context(), Options{URL: f.db.URL})
	f.must(err) // commands that only read headers need no key
	reader.Close()
	for _, n := range []int{0, 31, 33} {
		if _, err := NewKeys(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
	}
}
