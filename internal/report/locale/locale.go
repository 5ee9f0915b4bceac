// Package locale has what people read, in each language: catalogues of texts, which are files, and how numbers, times and
// nouns are written. It knows nothing of what the texts are about.
package locale

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Language is a language that there is a catalogue of.
type Language string

// The languages that people can choose.
const (
	French  Language = "fr"
	English Language = "en"
)

//go:embed fr.toml en.toml help.fr.toml help.en.toml
var files embed.FS

// head begins a table of a catalogue.
const head = "\n["

// known are catalogues by language, partner and door: each is read once.
var known sync.Map

// Of is the catalogue of a language, about a partner by the name that targets have: its name and its section stand in the texts.
// "" = about no certain partner. A language without a catalogue of its own is English.
func Of(language Language, partner string) *Catalogue { return of(language, partner, "") }

// OfPage is Of for who clicks, and types no commands.
func OfPage(language Language, partner string) *Catalogue { return of(language, partner, "page") }

// By is the same catalogue by the clock of a zone, in which what errors tell of times is.
func (c *Catalogue) By(zone *time.Location) *Catalogue {
	key := [2]any{c, zone.String()}
	if other, made := known.Load(key); made {
		return other.(*Catalogue)
	}
	other := *c
	other.clock = zone
	known.Store(key, &other)
	return &other
}

func of(language Language, partner, door string) *Catalogue {
	if language != French {
		language = English
	}
	key := [3]string{string(language), partner, door}
	if c, read := known.Load(key); read {
		return c.(*Catalogue)
	}
	text, err := files.ReadFile(string(language) + ".toml")
	if err != nil {
		panic(err) // it is part of the program
	}
	c, err := parse(text, partner)
	if err != nil {
		panic(fmt.Sprintf("the catalogue of %s: %v", language, err))
	}
	if door != "" {
		c.pagewise()
	}
	known.Store(key, c)
	return c
}

// parse reads a catalogue about a partner.
func parse(text []byte, partner string) (*Catalogue, error) {
	texts := part(text, false)
	var names Catalogue
	if err := read(beginning(texts), &names, strings.Clone); err != nil {
		return nil, err
	}
	about, typed := names.name(partner), typing()
	change := func(text string) string { return serviced(typed(about(text))) }
	c := &Catalogue{Errors: sync.OnceValue(func() map[string]map[string]ErrorWords {
		var e errorWords
		if err := read(part(text, true), &e, change); err != nil {
			panic(fmt.Sprintf("the catalogue's errors: %v", err))
		}
		return e.Errors
	})}
	return c, read(texts, c, change)
}

// errorWords are the tables of errors.
type errorWords struct {
	Errors map[string]map[string]ErrorWords
}

// part is a catalogue's tables of errors, which are more than the half of it, or all others.
func part(text []byte, ofErrors bool) (tables []byte) {
	for len(text) > 0 {
		table := text
		if next := bytes.Index(text, []byte(head)); next >= 0 {
			table = text[:next+1]
		}
		text = text[len(table):]
		if bytes.HasPrefix(table, []byte("[errors.")) == ofErrors {
			tables = append(tables, table...)
		}
	}
	return tables
}

// beginning is a catalogue up to its second table: what names consist of, and the names of the partners, which is the first.
func beginning(text []byte) []byte {
	first := bytes.Index(text, []byte(head)) + 1
	if next := bytes.Index(text[first:], []byte(head)); next >= 0 {
		return text[:first+next]
	}
	return text
}

// name puts a partner's name, and that of its section, into a text.
func (c *Catalogue) name(partner string) func(text string) string {
	name := c.Partners[partner]
	if name == "" {
		name = c.SomePartner
	}
	section := cmp.Or(partner, c.SomeSection)
	table := "[" + section + "]"
	if partner != "" && partner != c.OwnSection { // one of an array of tables, that its name tells from the others
		table = `[[partner]] "` + partner + `"`
	}
	return func(text string) string {
		if !strings.Contains(text, "{") {
			return text
		}
		text = strings.ReplaceAll(text, "[{section}]", table)
		return strings.ReplaceAll(c.elide(text, "{partner}", name), "{section}", section)
	}
}

// elide puts a name in the place of a placeholder. In French "de" and "que" before it lose their vowel where a name begins with one.
func (c *Catalogue) elide(text, placeholder, name string) string {
	if c.Elides && strings.IndexAny(name, "aeiouâàéèêîôAEIOUÂÀÉÈÊÎÔ") == 0 {
		for _, word := range []string{"de ", "De ", "que ", "Que "} {
			text = strings.ReplaceAll(text, word+placeholder, word[:len(word)-2]+"'"+placeholder)
		}
	}
	return strings.ReplaceAll(text, placeholder, name)
}
