package admin

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// Exit codes that are not the command's, but systemd's (systemd.exec(5), "Process Exit Codes") and systemd-run's.
const (
	unknown          = 1   // also: a command that was killed for its memory
	firstOfSystemd   = 200 // the program was never started
	exitCredentials  = 243
	endedBySomething = 255 // a signal
)

// noResources is the result of a unit for whose command something was not there, such as a file of variables.
const noResources = "resources"

// endings is how systemd logs that a unit did not simply exit.
var endings = lazyregexp.New(`Failed with result '([a-z-]+)'`)

// explain says what is wrong when it was not the command that failed, for then nobody has said anything yet.
func (a *Admin) explain(u *unit, transient string, code int) error {
	switch {
	case code == exitCredentials:
		if err := a.missingCredential(u); err != nil {
			return err
		}
		return a.notStarted(u, transient, code)
	case code >= firstOfSystemd && code != endedBySomething:
		return a.notStarted(u, transient, code)
	case code == unknown || code == endedBySomething:
		log, err := a.journal(transient)
		m := endings().FindStringSubmatch(log)
		if m != nil && m[1] == noResources {
			return a.notStarted(u, transient, code)
		}
		if m != nil && m[1] != "exit-code" {
			return &Error{What: hinted.Say("admin.ended", "result", m[1]), Kind: Ended}
		}
		if log == "" && err == nil {
			return &Error{What: hinted.Say("admin.not-taken", "unit", u.name)}
		}
	}
	return nil
}

// notStarted is what systemd logged.
func (a *Admin) notStarted(u *unit, transient string, code int) error {
	said := ""
	log, _ := a.journal(transient) // else the code must do
	for line := range strings.Lines(log) {
		if strings.Contains(line, "Failed ") && !endings().MatchString(line) {
			said += "\n  " + strings.TrimSpace(line)
		}
	}
	return &Error{What: hinted.Say("admin.not-started", "code", code, "said", said, "unit", u.name)}
}

// journal is what systemd itself said of the transient unit.
func (a *Admin) journal(transient string) (string, error) {
	_, _, _ = a.output("journalctl", "--sync") // without it the last lines may be missing
	text, _, err := a.output("journalctl", "--quiet", "--no-pager", "--output=cat", "UNIT="+transient, "_PID=1")
	return text, err
}

// missingCredential finds what systemd could not hand over; nil = all seems to be there.
func (a *Admin) missingCredential(u *unit) error {
	if home := folder(u.instance); u.instance != "" && absent(home) {
		return &Error{What: hinted.Say("admin.no-instance", "name", strconv.Quote(u.instance), "folder", home, "instances", instancesHint())}
	}
	for _, kind := range []string{"LoadCredential", "LoadCredentialEncrypted"} {
		for _, value := range u.values(kind) {
			value, err := u.expand(setting{kind, value}, "")
			if err != nil {
				return err
			}
			id, path, _ := strings.Cut(value, ":")
			if err := a.credential(id, path, kind == "LoadCredentialEncrypted"); err != nil {
				return err
			}
		}
	}
	return nil
}

// credential looks at one file, or at all of a folder: NAME in it is the credential ID_NAME.
func (a *Admin) credential(id, path string, encrypted bool) error {
	if !filepath.IsAbs(path) {
		return nil // systemd's own store
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return &Error{What: hinted.Say("admin.no-credentials", "path", path, "problem", reason(err))}
	case info.IsDir():
		entries, err := os.ReadDir(path)
		if err != nil {
			return &Error{What: hinted.Say("admin.credentials-unread", "path", path, "problem", reason(err))}
		}
		for _, e := range entries {
			if err := a.credential(id+"_"+e.Name(), filepath.Join(path, e.Name()), encrypted); err != nil {
				return err
			}
		}
		return nil
	case !encrypted:
		return nil
	}
	if _, problem, err := a.output("systemd-creds", "decrypt", "--name="+id, path, "-"); err != nil {
		return &Error{What: hinted.Say("admin.credential-sealed", "path", path, "problem", problem, "name", id)}
	}
	return nil
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}

// reason is an error without the path.
func reason(err error) error {
	if path, is := err.(*fs.PathError); is { //nolint:errorlint // as os returns it
		return path.Err
	}
	return err
}
