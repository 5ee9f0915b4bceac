package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
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
	credentialPattern = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
	envPattern        = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// SecretHint is how a secret is configured.
const SecretHint = `keep it apart and write { file = "/path/to/file" }, { credential = "name" } or { env = "NAME" }`

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
		return "", s.Fail("is text in UTF-16, as some editors of Windows write", "save it as UTF-8, or write it anew: printf %s 'SECRET' > FILE")
	case text == "":
		return "", s.Fail("is empty", "put the secret there")
	case at >= 0:
		found, _ := utf8.DecodeRuneInString(text[at:])
		return "", s.Fail(fmt.Sprintf("holds %s as its character %d", nameOf(found), utf8.RuneCountInString(text[:at])+1),
			"it came along when the secret was copied: write it anew, on one line, without")
	}
	return text, nil
}

// blank tells what can stand around a secret, and is never a part of one.
func blank(r rune) bool { return r == ' ' || unusable(r) && r != 0 && r != utf8.RuneError }

// unusable tells characters that nobody sees, and that no secret contains: pasted along, they make it a wrong one.
func unusable(r rune) bool {
	return r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Z, r))
}

// Seen refuses a text that was pasted with something that nobody sees.
func (t *Table) Seen(key, value string) string {
	if at := strings.IndexFunc(value, unusable); at >= 0 {
		found, _ := utf8.DecodeRuneInString(value[at:])
		t.Report(key, fmt.Sprintf("holds %s as its character %d", nameOf(found), utf8.RuneCountInString(value[:at])+1), "write it without")
	} else if value != strings.TrimSpace(value) {
		t.Report(key, "has spaces around it", "write it without")
	}
	return value
}

// nameOf is a character as it can be shown.
func nameOf(r rune) string {
	names := map[rune]string{'\n': "a line end", '\r': "a line end", '\t': "a tab", '\u00a0': "a no-break space",
		'\u202f': "a narrow no-break space", '\u200b': "a zero-width space", '\ufeff': "a byte order mark", '\u00ad': "a soft hyphen"}
	if name, known := names[r]; known {
		return fmt.Sprintf("%s (U+%04X)", name, r)
	}
	return fmt.Sprintf("a character that nobody sees (U+%04X)", r)
}

func (s Secret) fetch() ([]byte, error) {
	switch s.source {
	case "file":
		return s.readFile(s.name)
	case "env":
		if value := s.getenv(s.name); value != "" {
			return []byte(value), nil
		}
		return nil, s.Fail("is not set", "set the variable, or use { file = … } or { credential = … }")
	case "credential":
		folder := s.getenv("CREDENTIALS_DIRECTORY")
		if folder == "" {
			return nil, s.Fail("is not there: CREDENTIALS_DIRECTORY is not set",
				"start syncd by systemd with LoadCredential="+s.name+":…, or set CREDENTIALS_DIRECTORY to a folder that holds a file of that name")
		}
		return s.readFile(credentialPath(folder, s.name))
	default:
		return nil, s.Fail("is not configured", SecretHint)
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
		return nil, s.failAt(path, PlainCause(err), "create the file, readable by the user that runs syncd only")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, s.failAt(path, PlainCause(err), "check the file")
	case !info.Mode().IsRegular():
		return nil, s.failAt(path, "is not a regular file", "name a file that holds the secret alone")
	case info.Mode().Perm()&0o007 != 0:
		return nil, s.failAt(path, fmt.Sprintf("is open to every user (mode %04o)", info.Mode().Perm()), "chmod o= "+path)
	case info.Size() > maxSecret:
		return nil, s.failAt(path, fmt.Sprintf("is larger than %d bytes", maxSecret), "name a file that holds the secret alone")
	}
	content, err = io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return nil, s.failAt(path, PlainCause(err), "check the file")
	}
	return content, nil
}

// failAt is fail that also names the file which a credential leads to.
func (s Secret) failAt(path, text, hint string) error {
	if s.source == "credential" {
		text = "(" + path + ") " + text
	}
	return s.Fail(text, hint)
}

// Fail is an *Error about the secret, at its place in the configuration.
func (s Secret) Fail(text, hint string) error {
	p := s.origin
	p.Text, p.Hint, p.alike = s.String()+" "+text, hint, text
	return &Error{Problems: []Problem{p}}
}

// PlainCause says why a file cannot be used, without naming it again.
func PlainCause(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read: permission denied"
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return "cannot be read: " + err.Error()
}

// Secret reads a required reference.
func (t *Table) Secret(key string) Secret {
	n := t.Take(key)
	switch {
	case n == nil:
		t.Report(key, "is missing", SecretHint)
	case n.Kind == KindText:
		t.Report(key, "a secret does not belong in this file", SecretHint+", and replace the secret: it has been exposed here")
	case n.Kind != KindTable:
		t.Report(key, fmt.Sprintf("must be a reference to a secret, not %s", n.Kind), SecretHint)
	default:
		return t.Reference(key)
	}
	return Secret{}
}

// Reference reads the table that names one of the places a secret can be kept in.
func (t *Table) Reference(key string) Secret {
	ref := t.Table(key)
	if len(ref.Node.Keys) != 1 {
		t.Report(key, "must name exactly one of file, env and credential", SecretHint)
		return Secret{}
	}
	source := ref.Node.Keys[0]
	name := ""
	switch source {
	case "file":
		name = ref.Filename(source, ref.Required(source, SecretHint))
	case "env":
		name = ref.Matching(source, envPattern, "is not the name of an environment variable", "letters, digits and _ only")
	case "credential":
		name = ref.Matching(source, credentialPattern, "is not the name of a credential", "letters, digits, dots, - and _ only")
	default:
		ref.Know("file", "env", "credential")
		ref.Finish()
	}
	if name == "" {
		return Secret{}
	}
	return Secret{origin: t.Problem(key, "", ""), getenv: t.file.getenv, source: source, name: name}
}
