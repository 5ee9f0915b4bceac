package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and every program on a telephone take
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Codes of RFC 6238, as every program on a telephone makes them: SHA-1, six digits, a new one each 30 seconds.
const (
	stepSeconds = 30
	secretBytes = 20
	skew        = 1 // steps by which a telephone's clock may be wrong
)

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

func newSecret() []byte {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails: crypto/rand aborts the program instead
	return secret
}

func stepOf(at time.Time) int64 { return at.Unix() / stepSeconds }

// Code is the one of a secret at a moment.
func Code(secret []byte, at time.Time) string { return codeOf(secret, stepOf(at)) }

func codeOf(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) //nolint:gosec // no step is negative
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// stepOfCode is the step of a code that counts now; ok = false: it is none.
func stepOfCode(secret []byte, typed string, now time.Time) (step int64, ok bool) {
	code := strings.Join(strings.Fields(typed), "")
	for near := stepOf(now) - skew; near <= stepOf(now)+skew; near++ {
		if subtle.ConstantTimeCompare([]byte(codeOf(secret, near)), []byte(code)) == 1 {
			step, ok = near, true
		}
	}
	return step, ok
}

// Typed is a secret as somebody types it into a telephone: in groups of four.
func Typed(secret []byte) string {
	text := base32NoPad.EncodeToString(secret)
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:min(i+4, len(text))])
	}
	return strings.Join(groups, " ")
}

// URI is a secret as a telephone reads it from a picture.
func URI(secret []byte, issuer, account string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account,
		RawQuery: "secret=" + base32NoPad.EncodeToString(secret) + "&issuer=" + url.QueryEscape(issuer)}
	return u.String()
}

// ParseTyped is a secret that somebody typed, as Typed shows it.
func ParseTyped(text string) ([]byte, error) {
	return base32NoPad.DecodeString(strings.Join(strings.Fields(strings.ToUpper(text)), ""))
}
