package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one lane.
const (
	memory    = 19 * 1024 // KiB
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

// Lengths of passwords, in characters and in bytes.
const (
	LeastPassword = 12
	mostPassword  = 512
)

// nobody's password is compared with where there is no account, which takes as long. It is no password's hash: to make one would take
// each command of the program 60 ms and 19 MiB.
var nobodys = written(random(saltBytes), random(hashBytes))

// Hash is what is kept of a password.
func Hash(password string) string {
	salt := random(saltBytes)
	return written(salt, argon2.IDKey([]byte(password), salt, passes, memory, lanes, hashBytes))
}

func random(n int) []byte {
	bytes := make([]byte, n)
	rand.Read(bytes) // never fails: crypto/rand aborts the program instead
	return bytes
}

// written is a hash as it is kept.
func written(salt, sum []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, encode(salt), encode(sum))
}

// Matches reports whether a password is the one of a hash.
func Matches(password, hashed string) bool {
	var version, m, t int
	var p uint8
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if n, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); n != 4 || err != nil ||
		version != argon2.Version {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	sum, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(sum) != hashBytes || m < 8 || m > 1<<20 || t < 1 || p < 1 {
		return false
	}
	//nolint:gosec // bounded above
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), p, hashBytes), sum) == 1
}

// CheckPassword refuses what is too easily guessed to be a password. An error is a *Mistake.
func CheckPassword(password, account string) error {
	switch {
	case !utf8.ValidString(password) || len(password) > mostPassword:
		return mistake("account.password-long", "most", mostPassword)
	case utf8.RuneCountInString(password) < LeastPassword:
		return mistake("account.password-short", "least", LeastPassword)
	case account != "" && strings.Contains(strings.ToLower(password), account), fewCharacters(password):
		return mistake("account.password-easy")
	}
	return nil
}

// fewCharacters reports whether a password is made of less than five different characters.
func fewCharacters(password string) bool {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	return len(different) < 5
}
