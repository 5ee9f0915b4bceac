package locale

import (
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"syncd/internal/lazyregexp"
)

const program = "syncd"

// calledAs is how the program is called here.
var calledAs = program

// TypeAs says how a person types the program's name on this machine: where it is a service, "sudo syncd-admin". Texts, and commands
// that stand in what is shown, say it from then on. It is called before anything is told.
func TypeAs(command string) {
	calledAs = command
	known.Clear()
	knownHelp.Clear()
}

// Typed is how a person types the program's name.
func Typed() string { return calledAs }

var commandInText = lazyregexp.New(`\b` + program + ` (sandbox (?:init|sample)\b|[a-z]+\b)`)

// own are commands that need nothing of a service, and are typed as everywhere, as are those that make a rehearsal or its data.
const own = " admin completion daemon help setup version web "

// AsTyped changes the commands in a text to how they are typed.
func AsTyped(text string) string { return typing()(text) }

// IsCommand reports whether a word is one of the program's commands.
func IsCommand(name string) bool { return ofService()[name] || strings.Contains(own, " "+name+" ") }

// ofService are the other commands, by their names.
var ofService = sync.OnceValue(func() map[string]bool {
	named := map[string]bool{}
	text, err := files.ReadFile("help." + string(English) + ".toml")
	if err != nil {
		panic(err) // it is part of the program
	}
	var h struct {
		Commands map[string]any
	}
	if err := toml.Unmarshal(text, &h); err != nil {
		panic(err) // likewise
	}
	for path := range h.Commands {
		if _, name, below := strings.Cut(path, " "); below && !strings.Contains(own, " "+name+" ") {
			named[name] = true
		}
	}
	return named
})

// Unit is the service of this program's commands on this machine, as systemctl takes it: "syncd", "syncd@essai".
func Unit() string { return UnitOf(calledAs, "") }

// UnitOf is the unit of the service whose commands are typed so; part is what its name has behind the program's, "-web".
func UnitOf(command, part string) string {
	if _, instance, named := strings.Cut(command, " -i "); named {
		return program + part + "@" + instance
	}
	return program + part
}

var systemctl = lazyregexp.New(`\bsystemctl (enable --now|start|restart|reload) ` + program + `\b`)

// serviced changes commands about the service to those about this one. Where a program is called by its own name, there is none that
// could be started but by itself.
func serviced(text string) string {
	if !strings.Contains(text, "systemctl ") { // nearly all of them
		return text
	}
	return systemctl().ReplaceAllStringFunc(text, func(found string) string {
		starts := strings.Contains(found, " start ") || strings.Contains(found, " enable ")
		if starts && calledAs == program {
			return program + " daemon"
		}
		return strings.TrimSuffix(found, program) + Unit()
	})
}

// typing changes the commands in a text to how they are typed, and the one file that they name to where the package has it.
func typing() (change func(text string) string) {
	if calledAs == program {
		return func(text string) string { return text }
	}
	return func(text string) string {
		text = strings.ReplaceAll(text, "migrations/roles.sql", "/usr/share/syncd/roles.sql")
		lines := strings.SplitAfter(text, "\n")
		for i, line := range lines {
			if !strings.Contains(line, " --config ") { // with a configuration of one's own, which a service's commands do not take
				lines[i] = commandInText().ReplaceAllStringFunc(line, asTyped)
			}
		}
		return strings.Join(lines, "")
	}
}

func asTyped(found string) string {
	if name := strings.TrimPrefix(found, program+" "); ofService()[name] {
		return calledAs + " " + name
	}
	return found
}
