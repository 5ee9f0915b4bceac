package admin

import (
	"path/filepath"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// instancePattern is what an instance may be called: what names a folder of /etc/syncd and nothing else, and is read by
// systemd as it stands.
var instancePattern = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)

// unit is a service as systemd reads it, with what `systemctl edit` changed.
type unit struct {
	name     string // syncd.service, syncd@essai.service
	instance string // "" = it is no template
	settings []setting
}

// setting is one line of its section [Service]. An empty value takes back what stands before.
type setting struct{ name, value string }

// unitName checks the instance, which a person has typed.
func unitName(instance string) (string, error) {
	switch {
	case instance == "":
		return "syncd.service", nil
	case !instancePattern().MatchString(instance):
		return "", &Error{What: hinted.Say("admin.bad-instance", "name", strconv.Quote(instance), "instances", instancesHint()), Kind: Usage}
	}
	return "syncd@" + instance + ".service", nil
}

// parseUnit reads the files of a unit, one after another, as systemd does (systemd.syntax(7)).
func parseUnit(text string) []setting {
	var settings []setting
	section, begun := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue // also in the middle of a line that goes on
		}
		line = begun + line
		if rest, open := strings.CutSuffix(line, `\`); open && !strings.HasSuffix(rest, `\`) {
			begun = rest + " "
			continue
		}
		begun = ""
		name, value, found := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line
		case found && section == "[Service]":
			settings = append(settings, setting{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return settings
}

// ofTheDaemon are the settings that say how the daemon is started, watched and ended. All others are its surroundings: a
// command gets them, known to us or not. A setting that systemd-run does not know ends the command before it begins, so
// that nothing ever runs with less of a sandbox than the unit says. RuntimeDirectory is the daemon's, too: at the end of
// a command systemd would remove it.
var ofTheDaemon = lazyregexp.New(`^(Type|ExitType|RemainAfterExit|GuessMainPID|PIDFile|BusName|NotifyAccess|Sockets|NonBlocking|OpenFile|OOMPolicy` +
	`|Exec(Start|StartPre|StartPost|Condition|Reload|ReloadPost|Stop|StopPost)|Restart.*|StartLimit.*|Watchdog.*|ReloadSignal|RootDirectoryStartOnly` +
	`|Timeout(Sec|StartSec|AbortSec|StartFailureMode|StopFailureMode)|Runtime(Directory.*|MaxSec|RandomizedExtraSec)|SuccessExitStatus` +
	`|Standard.*|TTY.*|FileDescriptorStore.*|USBFunction.*|X-.*)$`)

// properties are the settings that a command shares with the daemon, for a transient unit of this name.
func (u *unit) properties(transient string) ([]string, error) {
	var properties []string
	for _, s := range u.settings {
		if ofTheDaemon().MatchString(s.name) {
			continue
		}
		value, err := u.expand(s, transient)
		if err != nil {
			return nil, err
		}
		properties = append(properties, "--property="+s.name+"="+value)
	}
	return properties, nil
}

// specifiers are those of systemd.unit(5). One that only systemd itself can tell is refused, and not left as it stands.
const specifiers = "aAbBcCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY"

// expand replaces the specifiers of a setting. systemd expands none in the properties of a transient unit.
func (u *unit) expand(s setting, transient string) (string, error) {
	known := map[byte]string{
		'%': "%", 'i': u.instance, 'n': u.name, 'N': strings.TrimSuffix(u.name, ".service"), 'p': "syncd", 'j': "syncd",
		'd': "/run/credentials/" + transient, 't': "/run", 'S': "/var/lib", 'C': "/var/cache", 'L': "/var/log", 'E': "/etc", 'T': "/tmp",
		'V': "/var/tmp",
	}
	var b strings.Builder
	for i := 0; i < len(s.value); i++ {
		if s.value[i] != '%' || i+1 == len(s.value) {
			b.WriteByte(s.value[i])
			continue
		}
		letter := s.value[i+1]
		text, is := known[letter]
		switch {
		case is:
			b.WriteString(text)
		case strings.IndexByte(specifiers, letter) >= 0:
			return "", &Error{What: hinted.Say("admin.specifier", "setting", s.name, "unit", u.name, "letter", string(letter))}
		default:
			b.WriteString(s.value[i : i+2])
		}
		i++
	}
	return b.String(), nil
}

// values are those of a setting that can be given several times, for a command in a transient unit.
func (u *unit) values(name string) (values []string) {
	for _, s := range u.settings {
		if s.name != name {
			continue
		}
		if values = append(values, s.value); s.value == "" {
			values = nil
		}
	}
	return values
}

// folder is where the instance's configuration lies.
func folder(instance string) string { return filepath.Clean("/etc/syncd/" + instance) }

// Configuration is the file that the package's units name; a name that is none has none.
func Configuration(instance string) string {
	if _, err := unitName(instance); err != nil {
		return ""
	}
	return filepath.Join(folder(instance), "config.toml")
}

// InstanceOf is whose file that is, "" = of the service that has no name; false = of none.
func InstanceOf(path string) (instance string, is bool) {
	path = filepath.Clean(path)
	for _, instance = range []string{"", filepath.Base(filepath.Dir(path))} {
		if Configuration(instance) == path {
			return instance, true
		}
	}
	return "", false
}

// Program is the package's own door to the commands of a service.
const Program = "/usr/sbin/syncd-admin"

// Installed reports whether there is that door on this machine.
func Installed() bool { return !absent(Program) }

// Instances are those that have a configuration.
func Instances() (names []string) {
	files, _ := filepath.Glob("/etc/syncd/*/config.toml") // its pattern is good
	for _, file := range files {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

func instancesHint() any {
	if names := Instances(); len(names) > 0 {
		return hinted.Say("admin.instances", "names", names)
	}
	return ""
}
