package locale

import (
	"reflect"
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

var commandInText = lazyregexp.New(`\b` + program + ` ([a-z]+)\b`)

// own are commands that need nothing of a service, and are typed as everywhere.
const own = " admin completion daemon help sandbox setup version "

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

// typing changes the commands in all texts below a value to how they are typed, and the one file that they name to where the package
// has it.
func typing(v reflect.Value) {
	if calledAs == program {
		return
	}
	each(v, func(text string) string {
		text = strings.ReplaceAll(text, "migrations/roles.sql", "/usr/share/syncd/roles.sql")
		return commandInText().ReplaceAllStringFunc(text, func(found string) string {
			if name := strings.TrimPrefix(found, program+" "); ofService()[name] {
				return calledAs + " " + name
			}
			return found
		})
	})
}
