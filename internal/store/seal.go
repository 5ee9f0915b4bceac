package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Keys are what the ledger key gives: one key for fingerprints, one for sealing, one for what may be sent, and the name
// under which rows tell that they used them.
type Keys struct {
	ID          string // 8 hex digits; tells nothing of the key
	fingerprint []byte
	release     []byte
	lasting     []byte // of the ledger, not of its key; nil until the ledger was opened
	sealing     cipher.AEAD
	unbound     bool // of this ledger something was sealed by programs before migration 6, for no item in particular
}

const ledgerKeyBytes = 32

// clone is for a ledger of its own; nil stays nil.
func (k *Keys) clone() *Keys {
	if k == nil {
		return nil
	}
	own := *k
	return &own
}

// NewKeys derives the keys from a ledger key of 32 bytes.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) != ledgerKeyBytes {
		return nil, hinted.Because(nil, "defect.key-size", "want", ledgerKeyBytes, "n", len(secret))
	}
	derived := func(purpose string, n int) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "syncd "+purpose, n)
		if err != nil {
			panic("store: HKDF refuses a length that is a constant here: " + err.Error())
		}
		return key
	}
	sealing, err := gcm(derived("sealing", 32))
	if err != nil {
		return nil, hinted.While("making the sealing key", err)
	}
	return &Keys{ID: hex.EncodeToString(derived("key id", 4)), fingerprint: derived("fingerprint", 32),
		release: derived("release", 32), sealing: sealing}, nil
}

// content is what sealed bytes are.
type content string

const (
	aDocument  content = "document"      // of one employee and period, which may leave
	aHeld      content = "held document" // that must not leave before a person has let it go
	amounts    content = "amounts"       // of one employee, up to a period
	figures    content = "figures"       // of everyone in a period
	sums       content = "sums"          // of a plan's amounts, as reports tell them
	lastingKey content = "lasting key"   // of the ledger
	codeSecret content = "code secret"   // of an account, by the lasting key
)

// place is what sealed bytes belong to. They open nowhere else: what is moved to another run, employee or version pays
// somebody by another's document.
type place struct {
	target  int64
	period  jobs.Period
	key     string
	run     int64 // whose item it is, or was before it became the baseline's
	seq     int32
	version int64 // of the baseline that the item was planned against
}

// errSealed says that sealed bytes do not open: it quotes nothing of them.
var errSealed = hinted.Because(nil, "database.sealed")

// seal encrypts what belongs to one place.
func (k *Keys) seal(what content, plain []byte, at place) []byte {
	sealed := make([]byte, k.sealing.NonceSize(), k.sealing.NonceSize()+len(plain)+k.sealing.Overhead())
	rand.Read(sealed) // never fails: crypto/rand aborts the program instead
	return k.sealing.Seal(sealed, sealed, plain, at.context(what))
}

// open opens what was sealed as this for its place, else errSealed.
func (k *Keys) open(what content, sealed []byte, at place) ([]byte, error) {
	return k.openIn(sealed, at.context(what))
}

// openKept opens what is kept and does not leave any more: sealed as it may leave or as held, and by programs before
// migration 5 for no item in particular.
func (k *Keys) openKept(what content, sealed []byte, at place) ([]byte, error) {
	contexts := [][]byte{at.context(what)}
	if what == aDocument {
		contexts = append(contexts, at.context(aHeld))
	}
	if k.unbound {
		contexts = append(contexts, at.unbound(what))
	}
	for _, context := range contexts {
		if plain, err := k.openIn(sealed, context); err == nil {
			return plain, nil
		}
	}
	return nil, errSealed
}

func (k *Keys) openIn(sealed, context []byte) ([]byte, error) {
	n := k.sealing.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	plain, err := k.sealing.Open(nil, sealed[:n], sealed[n:], context)
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// unbound is how programs before migration 6 sealed.
func (at place) unbound(what content) []byte {
	return fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s", what, at.target, at.period, at.key)
}

func (at place) context(what content) []byte {
	return fmt.Appendf(at.unbound(what), "\x00%d\x00%d\x00%d", at.run, at.seq, at.version)
}

// letGo is who let go what a run had planned: nobody in particular when nothing held it.
type letGo struct {
	by       string
	approval int64 // the line of the audit
}

// proof is what only a holder of the ledger key can write: that the plan of this digest may be sent by this run.
func (k *Keys) proof(run int64, target int64, period jobs.Period, digest string, who letGo) []byte {
	mac := hmac.New(sha256.New, k.release)
	fmt.Fprintf(mac, "%d %d %q %q %q %d", run, target, period, digest, who.by, who.approval)
	return mac.Sum(nil)
}

// lastingSeal seals by the key that outlives the ledger key: what it sealed is not sealed anew when that changes.
func (k *Keys) lastingSeal() *Keys {
	key, err := hkdf.Key(sha256.New, k.lasting, nil, "syncd sealing for good", ledgerKeyBytes)
	if err != nil {
		panic("store: HKDF refuses a length that is a constant here: " + err.Error())
	}
	sealing, err := gcm(key)
	if err != nil {
		panic("store: AES refuses a key whose length is a constant here: " + err.Error())
	}
	return &Keys{ID: k.ID, sealing: sealing}
}

// gcm is AES-GCM with a key.
func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// fingerprinter is a keyed HMAC that is used again and again.
type fingerprinter struct {
	mac hash.Hash
	sum []byte // used again
}

func (k *Keys) fingerprinter() *fingerprinter {
	return &fingerprinter{mac: hmac.New(sha256.New, k.fingerprint)}
}

// lastingFingerprinter is one by the key that outlives the ledger key.
func (k *Keys) lastingFingerprinter() *fingerprinter {
	return &fingerprinter{mac: hmac.New(sha256.New, k.lasting)}
}

// Sum implements jobs.Fingerprinter.
func (f *fingerprinter) Sum(document []byte) [32]byte {
	f.mac.Reset()
	f.mac.Write(document)
	f.sum = f.mac.Sum(f.sum[:0])
	return [32]byte(f.sum)
}

// released reports whether what a run planned may be sent: the proof is of this very plan, and of who let it go.
func (k *Keys) released(r dbsqlc.SyncdRun) bool {
	return hmac.Equal(r.Release, k.proofOf(r))
}

func (k *Keys) proofOf(r dbsqlc.SyncdRun) []byte {
	digest := r.PlanDigest
	if !jobs.Kind(r.Kind).Sends() {
		digest = r.ApprovedDigest
	}
	return k.proof(r.ID, r.TargetID, jobs.Period(value(r.Period)), digest, letGo{r.ApprovedBy, value(r.Approval)})
}
