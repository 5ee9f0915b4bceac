package openapi

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"syncd/internal/lazyregexp"
)

// Bounds of patterns. \pL{990} is eight characters, and eight megabytes once it is compiled: each repetition has its own
// copy of the class. Reading a class takes time, too, above all where case does not count.
const (
	maxPattern  = 1000    // characters
	maxParsing  = 200_000 // effort of parsing all patterns of a contract: half a second at worst
	maxOne      = 4 << 20 // bytes, of one compiled pattern, about
	maxCompiled = 24 << 20

	foldEffort  = 1000 // of a character, where case does not count and classes may reach beyond ASCII
	classEffort = 300  // of a class of Unicode, which has hundreds of ranges

	nodeBytes = 350 // of what is no class
	runeBytes = 24  // of one end of a class's range
)

var (
	// unicodeEscapes are the one thing in which the patterns of real contracts differ from Go's: \u00e9 is \x{00e9}.
	unicodeEscapes = lazyregexp.New(`\\u([0-9a-fA-F]{4})`)
	foldFlags      = lazyregexp.New(`\(\?[a-zA-Z-]*i`)
	beyondASCII    = lazyregexp.New(`[^\x00-\x7f]|\\[pPux]`)
)

// pattern is one that a contract has, compiled once.
type pattern struct {
	compiled *regexp.Regexp // nil = it is not checked
	costly   bool           // that is why
}

func (r *reader) fillPattern(s *Schema, m map[string]any) {
	s.PatternText = textIn(m, "pattern")
	if s.PatternText == "" {
		return
	}
	p := r.pattern(s.PatternText)
	if s.Pattern = p.compiled; s.Pattern == nil {
		r.leaveOut(s, p.why(), "pattern", named(s.PatternText))
	}
}

// pattern compiles a pattern, once each.
func (r *reader) pattern(text string) pattern {
	p, known := r.patterns[text]
	if !known {
		p = r.compile(text)
		r.patterns[text] = p
	}
	return p
}

// why says why a pattern is not checked.
func (p pattern) why() string {
	if p.costly {
		return "costly-pattern"
	}
	return "odd-pattern"
}

// compile refuses what needs more time or memory than a pattern is worth, before it is spent.
func (r *reader) compile(text string) pattern {
	if len(text) > maxPattern || r.parsing+parsingEffort(text) > maxParsing {
		return pattern{costly: true}
	}
	r.parsing += parsingEffort(text)
	text = unicodeEscapes().ReplaceAllString(text, `\x{$1}`)
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}
	}
	size := compiledBytes(parsed, 1)
	if size > maxOne || r.compiled+size > maxCompiled {
		return pattern{costly: true}
	}
	r.compiled += size
	compiled, _ := regexp.Compile(text)
	return pattern{compiled: compiled}
}

func parsingEffort(text string) int {
	effort := len(text) + classEffort*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	if foldFlags().MatchString(text) && beyondASCII().MatchString(text) {
		effort *= foldEffort
	}
	return effort
}

// compiledBytes estimates what a part of a pattern takes once it is compiled, copies being how often what is around it
// repeats it: no more than a thousand times, or it is not parsed.
func compiledBytes(part *syntax.Regexp, copies int) int {
	size := nodeBytes * copies
	switch part.Op {
	case syntax.OpRepeat:
		copies *= max(1, part.Min, part.Max)
	case syntax.OpLiteral:
		size *= max(1, len(part.Rune))
	default:
		size += runeBytes * len(part.Rune) * copies
	}
	for _, inner := range part.Sub {
		size += compiledBytes(inner, copies)
	}
	return size
}
