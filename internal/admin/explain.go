package admin

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
var endings = regexp.MustCompile(`Failed with result '([a-z-]+)'`)

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
		m := endings.FindStringSubmatch(log)
		if m != nil && m[1] == noResources {
			return a.notStarted(u, transient, code)
		}
		if m != nil && m[1] != "exit-code" {
			return &Error{Text: fmt.Sprintf("the command was ended from outside (%s)", m[1]), Hint: "what it has done: syncd-admin runs",
				Kind: Ended}
		}
		if log == "" && err == nil {
			return &Error{Text: "systemd did not take the command",
				Hint: "a setting of the service that cannot be given to a command keeps it from running with less of a sandbox: systemctl cat " +
					u.name}
		}
	}
	return nil
}

// notStarted is what systemd logged.
func (a *Admin) notStarted(u *unit, transient string, code int) error {
	text := fmt.Sprintf("systemd could not start the command (code %d)", code)
	log, _ := a.journal(transient) // else the code must do
	for line := range strings.Lines(log) {
		if strings.Contains(line, "Failed ") && !endings.MatchString(line) {
			text += "\n  " + strings.TrimSpace(line)
		}
	}
	return &Error{Text: text, Hint: "the service has the same settings: systemctl cat " + u.name + "; what the codes mean: man systemd.exec"}
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
		return &Error{Text: fmt.Sprintf("there is no instance %q: %s does not exist", u.instance, home),
			Hint: "/usr/share/doc/syncd/docs/install.md, \"A second instance\"" + instancesHint()}
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
		return &Error{Text: fmt.Sprintf("the credentials cannot be had: %s: %v", path, reason(err)),
			Hint: "a folder with one file for each secret, of root: /usr/share/doc/syncd/docs/install.md, \"The secrets\""}
	case info.IsDir():
		entries, err := os.ReadDir(path)
		if err != nil {
			return &Error{Text: fmt.Sprintf("the credentials cannot be had: %s: %v", path, reason(err))}
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
		return &Error{Text: fmt.Sprintf("the credential %s cannot be decrypted: %s", path, problem),
			Hint: fmt.Sprintf("it must be made on this machine, and with its name, from the original: systemd-creds encrypt --name=%s ORIGINAL %s",
				id, path)}
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
