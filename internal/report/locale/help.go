package locale

import (
	"fmt"
	"sync"
)

// Help is what one language says of the command line: help.LANGUAGE.toml has it, as Catalogue's files have that. Commands are named
// by their path ("syncd run"), flags by their name.
type Help struct {
	Admin    string // syncd-admin --help
	Words    HelpWords
	Types    map[string]string // what flags take, by pflag's name for it
	Man      map[string]string // headings of manual pages, by their English ones
	Meant    map[string]string // words that people may type, by the command or flag that they mean
	Flags    map[string]string `args:"profiles"` // of several commands alike
	Faults   map[string]string `args:"calls default"`
	Commands map[string]CommandHelp
}

// CommandHelp is the help of one command.
type CommandHelp struct {
	Args    string `toml:",omitempty"` // behind its name
	Short   string
	Long    string            `toml:",omitempty" args:"faults program"`
	Example string            `toml:",omitempty" args:"config"`
	Flags   map[string]string `toml:",omitempty" args:"config states decisions shapes views"` // its own, and those it says something else of
}

// HelpWords stand around what commands say of themselves, and tell mistakes on the command line.
type HelpWords struct {
	Usage, Examples, Commands, Flags, GlobalFlags string // headings
	Command, Options                              string // where one is to be typed
	More                                          string `args:"path command"`
	Default                                       string `args:"value"`
	Help, Version                                 string `args:"command"`
	Or                                            string // between words to choose from

	SeeHelp          string `args:"path"`
	Lists            string `args:"path"`
	Meant            string `args:"command"`
	UnknownCommand   string `args:"word"`
	UnknownShell     string `args:"word"`
	UnknownFlag      string `args:"flag"`
	UnknownLetter    string `args:"letter letters"`
	NeedsValue       string `args:"flag"`
	LetterNeedsValue string `args:"letter letters"`
	BadValue         string `args:"value flag cause type"`
	BadSyntax        string `args:"flag"`
	Arguments        string `args:"n usage"`
}

// knownHelp is help by language: each is read once.
var knownHelp sync.Map

// HelpOf is the help of a language, which is about no certain partner.
func HelpOf(language Language) *Help {
	if language != French {
		language = English
	}
	if h, read := knownHelp.Load(language); read {
		return h.(*Help)
	}
	text, err := files.ReadFile("help." + string(language) + ".toml")
	if err != nil {
		panic(err) // it is part of the program
	}
	h := &Help{}
	if err := read(text, h, typing()); err != nil {
		panic(fmt.Sprintf("the help of %s: %v", language, err))
	}
	knownHelp.Store(language, h)
	return h
}
