// Package sqltext takes the text of a configured query apart as Postgres does: what is SQL, and what is text, a quoted
// name or a comment in it. It knows no more grammar than that.
package sqltext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"syncd/internal/lazyregexp"
)

// Kind is what a token is to Postgres.
type Kind int

const (
	Other     Kind = iota // a character of SQL: a parenthesis, an operator, a semicolon
	Word                  // a keyword, a name, a number
	Quoted                // text or a quoted name
	Blank                 // white space or a comment
	Parameter             // @name
	Numbered              // $1: a parameter that only a program can give
)

// Token is a part of a query. Those of a query, one after the other, are its text.
type Token struct {
	Kind Kind
	Text string
	// Glued is a parameter that may as well be the end of an operator and a name: a <@b.
	Glued bool
}

// Name is that of a parameter.
func (t Token) Name() string { return strings.TrimPrefix(t.Text, "@") }

var (
	// What has no end goes on to that of the query; on another line a text with escapes goes on as one.
	quotedPattern    = lazyregexp.New(`(?s)^(?:[eE]'(?:[^'\\]|\\.|''|'\s*\n\s*')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?)`)
	dollarPattern    = lazyregexp.New(`^\$(?:[\pL_][\pL\pN_]*)?\$`)
	numberedPattern  = lazyregexp.New(`^\$[0-9]+`)
	parameterPattern = lazyregexp.New(`^@[A-Za-z_][A-Za-z0-9_]*`)
)

// Tokens takes a query apart.
func Tokens(query string) []Token {
	var tokens []Token
	for at := 0; at < len(query); {
		t := next(query, at)
		tokens = append(tokens, t)
		at += len(t.Text)
	}
	return tokens
}

// next is the token at a place of a query.
func next(query string, at int) Token {
	rest := query[at:]
	if n := blank(rest); n > 0 {
		return Token{Kind: Blank, Text: rest[:n]}
	}
	if n := quoted(rest); n > 0 {
		return Token{Kind: Quoted, Text: rest[:n]}
	}
	first, size := utf8.DecodeRuneInString(rest)
	switch {
	case first == '$':
		if text := numberedPattern().FindString(rest); text != "" {
			return Token{Kind: Numbered, Text: text}
		}
	case isOfWord(first):
		return Token{Kind: Word, Text: rest[:begins(rest, func(r rune) bool { return isOfWord(r) || r == '$' })]}
	case first == '@' && !strings.HasSuffix(query[:at], "@"): // @@ is an operator, whatever follows it
		if text := parameterPattern().FindString(rest); text != "" {
			return Token{Kind: Parameter, Text: text, Glued: strings.HasSuffix(query[:at], "<") || strings.HasSuffix(query[:at], "@-")}
		}
	}
	return Token{Kind: Other, Text: rest[:size]}
}

func isOfWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// begins is how many bytes at the beginning of a text are of some characters.
func begins(text string, of func(rune) bool) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !of(r) }); end >= 0 {
		return end
	}
	return len(text)
}

// blank is how many bytes at the beginning of a query are white space, or one comment.
func blank(query string) int {
	switch {
	case strings.HasPrefix(query, "/*"):
		return comment(query)
	case strings.HasPrefix(query, "--"):
		return begins(query, func(r rune) bool { return r != '\n' })
	}
	return len(query) - len(strings.TrimLeft(query, " \t\n\f\r"))
}

// quoted is how many bytes at the beginning of a query are text or a quoted name. Patterns are tried where one may fit alone:
// what they cost grows with what follows.
func quoted(query string) int {
	switch {
	case query[0] == '$':
		tag := dollarPattern().FindString(query)
		if tag == "" {
			return 0
		}
		if end := strings.Index(query[len(tag):], tag); end >= 0 {
			return end + 2*len(tag)
		}
		return len(query)
	case query[0] == '\'', query[0] == '"', strings.HasPrefix(query, "e'"), strings.HasPrefix(query, "E'"):
		return len(quotedPattern().FindString(query))
	}
	return 0
}

// comment is the length of the comment that a query begins with; others may be nested in it.
func comment(query string) int {
	depth := 0
	for i := 0; i+1 < len(query); i++ {
		switch query[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			if depth--; depth == 0 {
				return i + len("*/")
			}
			i++
		}
	}
	return len(query)
}

// One is a query without the semicolons at its end, and what follows them. single tells that nothing of SQL does.
func One(query string) (one string, single bool) {
	end, size := 0, 0 // of the last that is SQL; of what was seen
	single = true
	semicolon := false
	for _, t := range Tokens(query) {
		size += len(t.Text)
		switch {
		case t.Kind == Blank:
		case t.Text == ";":
			semicolon = true
		default:
			single = single && !semicolon
			end = size
		}
	}
	if !semicolon {
		return strings.TrimRight(query, " \t\r\n"), true
	}
	return query[:end], single
}

// Parameters are the names that a query uses with an @, in their order. Those that may be an operator are left out unless
// they are known.
func Parameters(query string, known []string) (names []string) {
	for _, t := range Tokens(query) {
		if t.Kind == Parameter && (!t.Glued || slices.Contains(known, t.Name())) {
			names = append(names, t.Name())
		}
	}
	return names
}

// Has reports whether a query has a token of a kind.
func Has(query string, kind Kind) bool {
	return slices.ContainsFunc(Tokens(query), func(t Token) bool { return t.Kind == kind })
}

// Reads reports whether a query is a SELECT, or what Postgres takes in its place. A parenthesis may come first.
func Reads(query string) bool {
	for _, t := range Tokens(query) {
		if t.Kind != Blank && t.Text != "(" {
			return isOf(t, "select", "with", "table", "values")
		}
	}
	return false
}

// Writes tells of a query that says itself that it writes: in a WITH, by SELECT … INTO, or by locking rows (FOR UPDATE).
// What functions do it cannot tell.
func Writes(query string) bool {
	var first, second Token // the two before
	for _, t := range Tokens(query) {
		if t.Kind == Blank {
			continue
		}
		if isOf(first, "as", "materialized") && second.Text == "(" && isOf(t, "insert", "update", "delete", "merge") {
			return true
		}
		if isOf(t, "into") && second.Text != "." && !isOf(second, "as") {
			return true
		}
		if isOf(second, "for", "key") && isOf(t, "update", "share") {
			return true
		}
		first, second = second, t
	}
	return false
}

func isOf(t Token, words ...string) bool {
	return t.Kind == Word && slices.Contains(words, strings.ToLower(t.Text))
}

// NameAt reads the name, with its schema or table in front, that begins at a place of a query, counted in characters from
// 1, as Postgres tells where an error is; or the operator that does. Quotes are taken off. "" = there is none.
func NameAt(query string, position int) string {
	at := 0
	for i := 1; i < position && at < len(query); i++ {
		_, size := utf8.DecodeRuneInString(query[at:])
		at += size
	}
	var name strings.Builder
	for _, t := range Tokens(query[at:]) {
		part := t.Text
		switch {
		case t.Kind == Word, t.Text == ".":
		case t.Kind == Quoted && strings.HasPrefix(part, `"`):
			part = strings.ReplaceAll(strings.TrimSuffix(part[1:], `"`), `""`, `"`)
		case name.Len() == 0 && strings.Contains(operatorCharacters, part[:1]):
			return operatorAt(query[at:])
		default:
			return strings.TrimSuffix(name.String(), ".")
		}
		if t.Text != "." && name.Len() > 0 && !strings.HasSuffix(name.String(), ".") {
			break
		}
		name.WriteString(part)
	}
	return strings.TrimSuffix(name.String(), ".")
}

const operatorCharacters = "+-*/<>=~!@#%^&|`?"

// operatorAt is the operator that a text begins with.
func operatorAt(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, operatorCharacters))]
}

// Calls are the names of functions that a text of SQL calls, without the schema in front, each once.
func Calls(text string) (names []string) {
	var before Token
	for _, t := range Tokens(text) {
		name := before.Text
		if before.Kind == Quoted {
			name = strings.Trim(name, `"`)
		}
		if t.Text == "(" && name != "" && (before.Kind == Word || before.Kind == Quoted) && !slices.Contains(names, name) {
			names = append(names, name)
		}
		before = t
	}
	return names
}
