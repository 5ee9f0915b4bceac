package admin

import (
	"slices"
	"strings"
	"unicode"

	"syncd/internal/hinted"
)

// Arguments parts what is for syncd-admin from the command, which begins with the first word that is neither.
func Arguments(args []string) (instance string, command []string, err error) {
	given := false
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		switch {
		case args[0] == "--":
			return instance, args[1:], nil
		case name == "--instance" && joined:
			instance, given, args = value, true, args[1:]
		case args[0] == "-i" || args[0] == "--instance":
			if len(args) == 1 {
				args = append(args, "")
			}
			instance, given, args = args[1], true, args[2:]
		case strings.HasPrefix(args[0], "-i"):
			instance, given, args = args[0][2:], true, args[1:]
		default:
			return instance, args, err
		}
		if given && instance == "" {
			return "", nil, &Error{What: hinted.Say("admin.instance-unnamed"), Kind: Usage}
		}
	}
	return instance, nil, nil
}

// AboutProgram tells that a command asks nothing of configuration and ledger. A word that follows a flag could be its
// value.
func AboutProgram(args []string) bool {
	if slices.Contains([]string{"completion", "help", "version", "--version", "-v"}, args[0]) {
		return true
	}
	last := args[len(args)-1]
	return (last == "-h" || last == "--help") && !slices.ContainsFunc(args[:len(args)-1],
		func(arg string) bool { return strings.HasPrefix(arg, "-") })
}

// PlainWords are arguments as they can be typed again, or what stands for them.
func PlainWords(args []string) string {
	words := slices.Clone(args)
	for i, word := range words {
		if strings.ContainsFunc(word, func(r rune) bool {
			return !strings.ContainsRune(" -_=.:/@", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			return "…"
		}
		if word == "" || strings.Contains(word, " ") {
			words[i] = `"` + word + `"`
		}
	}
	return strings.Join(words, " ")
}
