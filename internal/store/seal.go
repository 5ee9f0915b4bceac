package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"syncd/internal/jobs"
)

// Keys are what the ledger key gives: one key for fingerprints, one for sealing, and the name under which rows tell
// that they used them.
type Keys struct {
	ID          string // 8 hex digits; tells nothing of the key
	fingerprint []byte
	sealing     cipher.AEAD
}

const ledgerKeyBytes = 32

// NewKeys derives the keys from a ledger key of 32 bytes.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) != ledgerKeyBytes {
		return nil, fmt.Errorf("a ledger key has %d bytes, not %d", ledgerKeyBytes, len(secret))
	}
	derived := func(purpose string, n int) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "syncd "+purpose, n)
		if err != nil {
			panic("store: HKDF refuses a length that is a constant here: " + err.Error())
		}
		return key
	}
	block, err := aes.NewCipher(derived("sealing", 32))
	if err != nil {
		return nil, fmt.Errorf("making the sealing key: %w", err)
	}
	sealing, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("making the sealing key: %w", err)
	}
	return &Keys{ID: hex.EncodeToString(derived("key id", 4)), fingerprint: derived("fingerprint", 32), sealing: sealing}, nil
}

// content is what sealed bytes are.
type content string

const (
	aDocument content = "document" // of one employee and period
	amounts   content = "amounts"  // of one employee, up to a period
	figures   content = "figures"  // of everyone in a period
)

// seal encrypts what belongs to one employee and period of one target; it opens nowhere else.
func (k *Keys) seal(what content, plain []byte, target int64, period jobs.Period, key string) []byte {
	sealed := make([]byte, k.sealing.NonceSize(), k.sealing.NonceSize()+len(plain)+k.sealing.Overhead())
	rand.Read(sealed) // never fails: crypto/rand aborts the program instead
	return k.sealing.Seal(sealed, sealed, plain, sealContext(what, target, period, key))
}

func (k *Keys) open(what content, sealed []byte, target int64, period jobs.Period, key string) ([]byte, error) {
	n := k.sealing.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("a sealed document is truncated")
	}
	document, err := k.sealing.Open(nil, sealed[:n], sealed[n:], sealContext(what, target, period, key))
	if err != nil {
		return nil, errors.New("a sealed document cannot be opened: the ledger key is not the one that sealed it, or the row was altered")
	}
	return document, nil
}

func sealContext(what content, target int64, period jobs.Period, key string) []byte {
	return fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s", what, target, period, key)
}

// fingerprinter is a keyed HMAC that is used again and again.
type fingerprinter struct {
	mac hash.Hash
	sum []byte // used again
}

func (k *Keys) fingerprinter() *fingerprinter {
	return &fingerprinter{mac: hmac.New(sha256.New, k.fingerprint)}
}

// Sum implements jobs.Fingerprinter.
func (f *fingerprinter) Sum(document []byte) [32]byte {
	f.mac.Reset()
	f.mac.Write(document)
	f.sum = f.mac.Sum(f.sum[:0])
	return [32]byte(f.sum)
}
