package strict

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/hinted"
)

// canary is a secret that must never be seen in a message.
const canary = "c4n4ry-V3ry-s3cret"

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func noEnv(string) string { return "" }

// write makes a file of that mode, whatever the umask.
func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func secretOf(source, name string, getenv func(string) string) Secret {
	origin := Problem{File: "config.toml", Line: 5, Column: 1, Key: "isidoor.client_secret"}
	return Secret{origin: origin, getenv: getenv, source: source, name: name}
}

func TestSecretRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := write(t, filepath.Join(dir, "key"), canary+"\r\n", 0o640)
	write(t, filepath.Join(dir, "syncd_loaded"), canary, 0o400) // of a folder that the unit loads as "syncd"
	getenv := env(map[string]string{"KEY": canary + "\n", "CREDENTIALS_DIRECTORY": dir})
	for _, secret := range []Secret{secretOf("file", key, getenv), secretOf("env", "KEY", getenv), secretOf("credential", "key", getenv),
		secretOf("credential", "loaded", getenv)} {
		got, err := secret.Read()
		if err != nil || got != canary {
			t.Errorf("%s: got %q, %v", secret, got, err)
		}
	}
}

func TestSecretReadFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("open"), canary, 0o644)
	write(t, path("empty"), "\n", 0o600)
	write(t, path("sealed"), "Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAAAem1AtNGZQRTlJ5DoAAAAAJ5tmycUbtP3vWnS\nco2FysbnC5kFHZ==\n", 0o600)
	write(t, path("large"), strings.Repeat(canary, maxSecret), 0o600)
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := env(map[string]string{"CREDENTIALS_DIRECTORY": dir})
	const at = "config.toml:5:1: isidoor.client_secret: "
	for _, test := range []struct {
		secret Secret
		want   string
	}{
		{secretOf("file", path("none"), noEnv), "file DIR/none does not exist\nhint: create the file, readable by the user that runs syncd only"},
		{secretOf("file", path("open"), noEnv), "file DIR/open is open to every user (mode 0644)\nhint: chmod o= DIR/open"},
		{secretOf("file", path("empty"), noEnv), "file DIR/empty is empty\nhint: put the secret there"},
		{secretOf("file", path("large"), noEnv), "file DIR/large is larger than 65536 bytes\nhint: name a file that holds the secret alone"},
		{secretOf("file", path("pipe"), noEnv), "file DIR/pipe is not a regular file\nhint: name a file that holds the secret alone"},
		{secretOf("file", dir, noEnv), "file DIR is not a regular file\nhint: name a file that holds the secret alone"},
		{secretOf("file", "/proc/self/mem", noEnv), "file /proc/self/mem cannot be read: input/output error\nhint: check the file"},
		{secretOf("env", "KEY", noEnv), "env KEY is not set\nhint: set the variable, or use { file = … } or { credential = … }"},
		{secretOf("credential", "none", getenv), "credential none (DIR/none) does not exist\n" +
			"hint: create the file, readable by the user that runs syncd only"},
		{secretOf("credential", "open", getenv), "credential open (DIR/open) is open to every user (mode 0644)\nhint: chmod o= DIR/open"},
		{secretOf("credential", "sealed", getenv), "credential sealed (DIR/sealed) is encrypted by systemd-creds, and nobody decrypted it\n" +
			`hint: systemd decrypts what LoadCredentialEncrypted= of the service names, and nothing else: docs/administration.md, "Encrypted at rest"`},
		{secretOf("credential", "key", noEnv), "credential key is not there: CREDENTIALS_DIRECTORY is not set\n" +
			"hint: where syncd is a service, type sudo syncd-admin in place of syncd; else start it by systemd " +
			"with LoadCredential=key:…, or set CREDENTIALS_DIRECTORY to a folder that holds a file of that name"},
	} {
		value, err := test.secret.Read()
		if err == nil || value != "" {
			t.Errorf("%s: got %q, %v", test.secret, value, err)
			continue
		}
		got := strings.ReplaceAll(err.Error(), dir, "DIR")
		if got != at+test.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, at+test.want)
		}
	}
}

// Whom the configuration is not for is told who may read it.
func TestUnreadableConfiguration(t *testing.T) {
	t.Parallel()
	what, next := unopened(&fs.PathError{Op: "open", Path: "config.toml", Err: syscall.EACCES})
	if got := what.In(hinted.English()) + ": " + next.In(hinted.English()); got !=
		"cannot be read: permission denied: run syncd as the user who may read it, such as: sudo -u syncd syncd …" {
		t.Error(got)
	}
}

// What is pasted along with a secret, and nobody sees, is taken off or named: a key that is refused for it would be looked for
// at the partner's.
func TestSecretsWithWhatNobodySees(t *testing.T) {
	t.Parallel()
	const copied = "\nhint: it came along when the secret was copied: write it anew, on one line, without"
	const wide = " is text in UTF-16, as some editors of Windows write\nhint: save it as UTF-8, or write it anew: printf %s 'SECRET' > FILE"
	for text, problem := range map[string]string{
		"\ufeff" + canary + "\r\n":                  "",
		"\ufeff\r\n \u00a0" + canary + "\u202f\t\n": "",
		"\u200b" + canary + "\u200b\n":              "",
		canary + " with spaces":                     "",
		canary + "é":                                "",
		canary + "\u00a0x":                          " holds a no-break space (U+00A0) as its character 19" + copied,
		"é\u202f" + canary:                          " holds a narrow no-break space (U+202F) as its character 2" + copied,
		"x\u200bx\u00a0" + canary:                   " holds a zero-width space (U+200B) as its character 2" + copied,
		canary + "\n" + canary:                      " holds a line end (U+000A) as its character 19" + copied,
		"x\ufeff" + canary:                          " holds a byte order mark (U+FEFF) as its character 2" + copied,
		"x\u00ad" + canary:                          " holds a soft hyphen (U+00AD) as its character 2" + copied,
		canary + "\tx":                              " holds a tab (U+0009) as its character 19" + copied,
		"x\u2028" + canary:                          " holds a character that nobody sees (U+2028) as its character 2" + copied,
		"\ufeff \r\n":                               " is empty\nhint: put the secret there",
		"\xff\xfes\x00e\x00c\x00":                   wide,
		"\xfe\xff\x00s\x00e\x00c":                   wide,
		"s\x00e\x00c\x00r\x00e\x00t\x00":            wide,
	} {
		secret := secretOf("file", write(t, filepath.Join(t.TempDir(), "key"), text, 0o600), noEnv)
		got, err := secret.Read()
		switch {
		case problem == "":
			if err != nil || !strings.HasPrefix(got, canary) || strings.TrimSpace(got) != got {
				t.Errorf("%q: %q, %v", text, got, err)
			}
		case err == nil || got != "" || !strings.HasSuffix(err.Error(), problem) || strings.Contains(err.Error(), canary):
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestSecretPrintsItsReference(t *testing.T) {
	t.Parallel()
	getenv := env(map[string]string{"KEY": canary})
	holder := struct{ Key Secret }{secretOf("env", "KEY", getenv)}
	rendered, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{string(rendered), fmt.Sprintf("%v %+v %#v %s", holder, holder, holder.Key, holder.Key)} {
		if !strings.Contains(got, "env KEY") || strings.Contains(got, canary) {
			t.Errorf("printed %s", got)
		}
	}
}
