package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// maxSecret is the size in bytes above which a secret's file is surely something else.
const maxSecret = 64 << 10

// Secret says where a secret is kept. It never contains the secret itself, so it is safe to print, log and marshal.
type Secret struct {
	origin Problem // its place in the configuration
	getenv func(string) string
	source string // "file", "env" or "credential"; "" = none configured
	name   string
}

var (
	credentialPattern = lazyregexp.New(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
	envPattern        = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// KeepApart is how a secret is configured.
func KeepApart() hinted.Fact { return Say("keep-apart") }

// IsZero tells that none is configured.
func (s Secret) IsZero() bool { return s.source == "" }

// String is the reference, such as `file /etc/syncd/key`.
func (s Secret) String() string {
	if s.IsZero() {
		return "none"
	}
	return s.source + " " + s.name
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for JSON and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Read fetches the secret, without what an editor or a copied page puts around it: line ends, spaces of any kind, a byte order
// mark. An error is an *Error that names the reference, and of the secret at most a character that nobody sees.
func (s Secret) Read() (string, error) {
	value, err := s.fetch()
	if err != nil {
		return "", err
	}
	text := strings.TrimFunc(string(value), blank)
	at := strings.IndexFunc(text, unusable)
	switch {
	case bytes.HasPrefix(value, []byte("\xff\xfe")), bytes.HasPrefix(value, []byte("\xfe\xff")), at >= 0 && text[at] == 0:
		return "", s.Fail(Say("utf-16"))
	case text == "":
		return "", s.Fail(Say("empty"), Say("put-there"))
	case at >= 0:
		return "", s.Fail(unseen(text, at), Say("copied-along"))
	}
	return text, nil
}

// ReadLines fetches a secret of several lines, such as a key in PEM, as it is. Errors are those of Read.
func (s Secret) ReadLines() ([]byte, error) { return s.fetch() }

// blank tells what can stand around a secret, and is never a part of one.
func blank(r rune) bool { return r == ' ' || unusable(r) && r != 0 && r != utf8.RuneError }

// unusable tells characters that nobody sees, and that no secret contains: pasted along, they make it a wrong one.
func unusable(r rune) bool {
	return r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Z, r))
}

// Seen refuses a text that was pasted with something that nobody sees.
func (t *Table) Seen(key, value string) string {
	if at := strings.IndexFunc(value, unusable); at >= 0 {
		t.Report(key, unseen(value, at), Say("write-without"))
	} else if value != strings.TrimSpace(value) {
		t.Report(key, Say("spaces-around"), Say("write-without"))
	}
	return value
}

// unseen tells of the character at an offset, as it can be shown.
func unseen(text string, at int) hinted.Fact {
	found, _ := utf8.DecodeRuneInString(text[at:])
	names := map[rune]string{'\n': "line-end", '\r': "line-end", '\t': "tab", '\u00a0': "no-break-space",
		'\u202f': "narrow-space", '\u200b': "zero-width-space", '\ufeff': "byte-order-mark", '\u00ad': "soft-hyphen"}
	name := Say(cmp.Or(names[found], "unseen-character"), "number", fmt.Sprintf("%04X", found))
	return Say("holds-character", "character", name, "n", utf8.RuneCountInString(text[:at])+1)
}

func (s Secret) fetch() ([]byte, error) {
	switch s.source {
	case "file":
		return s.readFile(s.name)
	case "env":
		if value := s.getenv(s.name); value != "" {
			return []byte(value), nil
		}
		return nil, s.Fail(Say("not-set"))
	case "credential":
		folder := s.getenv("CREDENTIALS_DIRECTORY")
		if folder == "" {
			return nil, s.Fail(Say("no-credentials", "name", s.name))
		}
		return s.readFile(credentialPath(folder, s.name))
	default:
		return nil, s.Fail(Say("not-configured"), KeepApart())
	}
}

// credentialPath is where systemd puts a credential: under its own name or, when the unit loads a whole folder as
// "syncd", under syncd_NAME (systemd.exec(5)).
func credentialPath(folder, name string) string {
	path, loaded := filepath.Join(folder, name), filepath.Join(folder, "syncd_"+name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(loaded); err == nil {
			return loaded
		}
	}
	return path
}

// readFile reads a regular file that others cannot read. Opening does not block on a pipe, and what is checked is the
// file that was opened.
func (s Secret) readFile(path string) (content []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, s.failAt(path, cause(err), Say("create-secret"))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, s.failAt(path, cause(err), Say("check-file"))
	case !info.Mode().IsRegular():
		return nil, s.failAt(path, Say("irregular"), Say("secret-alone"))
	case info.Mode().Perm()&0o007 != 0:
		return nil, s.failAt(path, Say("open-to-all", "mode", fmt.Sprintf("%04o", info.Mode().Perm()), "path", path))
	case info.Size() > maxSecret:
		return nil, s.failAt(path, Say("too-large", "n", maxSecret), Say("secret-alone"))
	}
	content, err = io.ReadAll(io.LimitReader(f, maxSecret))
	switch {
	case err != nil:
		return nil, s.failAt(path, cause(err), Say("check-file"))
	case encrypted(content):
		return nil, s.failAt(path, Say("encrypted"))
	}
	return content, nil
}

// sealedBegin is how files begin that systemd-creds(1) made: the 128-bit identifiers of their kinds of keys, in base64.
var sealedBegin = [][]byte{
	[]byte("Whxqht+dQJax1aZeCGLxm"), []byte("DHzAexF2RZGcSwvqCLwg/"), []byte("+vfrk0HjQSyhpDb5Wik2L"),
	[]byte("k6iUCUh0RJCQyvL8k8q1U"), []byte("r0lQvkkTTrGnOEYwT/MVZ"), []byte("BYRp2vb1QySABUnaD46i+"),
}

// encrypted reports whether systemd was to decrypt a file, and did not.
func encrypted(content []byte) bool {
	return slices.ContainsFunc(sealedBegin, func(begin []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(content), begin) })
}

// failAt is Fail that also names the file which a credential leads to.
func (s Secret) failAt(path string, what hinted.Fact, next ...hinted.Fact) error {
	if s.source == "credential" {
		s.origin.Path = path
	}
	return s.Fail(what, next...)
}

// Fail is an *Error about the secret, at its place in the configuration.
func (s Secret) Fail(what hinted.Fact, next ...hinted.Fact) error {
	p := s.origin
	p.Secret, p.Fact = s.String(), what
	if len(next) > 0 {
		p.Next = next[0]
	}
	return &Error{Problems: []Problem{p}}
}

// cause is why a file cannot be used, without naming it again.
func cause(err error) hinted.Fact {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Say("absent")
	case errors.Is(err, fs.ErrPermission):
		return Say("unreadable")
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return Say("unread", "reason", err)
}

// Secret reads a required reference.
func (t *Table) Secret(key string) Secret {
	n := t.Take(key)
	switch {
	case n == nil:
		t.Report(key, Say("missing"), KeepApart())
	case n.Kind == KindText:
		t.Report(key, Say("secret-here"))
	case n.Kind != KindTable:
		t.Report(key, Say("no-reference", "got", n.Kind), KeepApart())
	default:
		return t.Reference(key)
	}
	return Secret{}
}

// Reference reads the table that names one of the places a secret can be kept in.
func (t *Table) Reference(key string) Secret {
	ref := t.Table(key)
	if len(ref.Node.Keys) != 1 {
		t.Report(key, Say("one-source"), KeepApart())
		return Secret{}
	}
	source := ref.Node.Keys[0]
	name := ""
	switch source {
	case "file":
		name = ref.Filename(source, ref.Required(source, KeepApart()))
	case "env":
		name = ref.Matching(source, envPattern, Say("no-variable"), Say("variable-form"))
	case "credential":
		name = ref.Matching(source, credentialPattern, Say("no-credential"), Say("credential-form"))
	default:
		ref.Know("file", "env", "credential")
		ref.Finish()
	}
	if name == "" {
		return Secret{}
	}
	return Secret{origin: t.Place(key), getenv: t.file.getenv, source: source, name: name}
}
