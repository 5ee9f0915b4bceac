// Package locale has what people read, in each language: catalogues of texts, which are files, and how numbers, times and
// nouns are written. It knows nothing of what the texts are about.
package locale

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
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

// known are catalogues by language and partner: each is read once.
var known sync.Map

// Of is the catalogue of a language, about a partner by the name that targets have: its name and its section stand in the texts.
// "" = about no certain partner. A language without a catalogue of its own is English.
func Of(language Language, partner string) *Catalogue {
	if language != French {
		language = English
	}
	key := [2]string{string(language), partner}
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
	known.Store(key, c)
	return c
}

// parse reads a catalogue about a partner.
func parse(text []byte, partner string) (*Catalogue, error) {
	c := &Catalogue{}
	if err := decode(text, c); err != nil {
		return nil, err
	}
	each(reflect.ValueOf(c).Elem(), c.name(partner))
	typing(reflect.ValueOf(c).Elem())
	return c, nil
}

// decode reads texts into a struct, in which there is no unknown key. That none is missing, or has a placeholder that nothing
// fills, the tests of this package see: the files are part of the program.
func decode(text []byte, into any) error {
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return fmt.Errorf("unknown keys:\n%s", strict.String())
		}
		return err
	}
	return nil
}

// name puts a partner's name, and that of its section, into a text.
func (c *Catalogue) name(partner string) func(text string) string {
	name := c.Partners[partner]
	if name == "" {
		name = c.SomePartner
	}
	section := cmp.Or(partner, c.SomeSection)
	if partner != "" && partner != c.OwnSection {
		section = "partner." + partner
	}
	return func(text string) string {
		if !strings.Contains(text, "{") {
			return text
		}
		return strings.ReplaceAll(c.elide(text, "{partner}", name), "{section}", section)
	}
}

// each changes all texts below a value.
func each(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(change(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			each(v.Field(i), change)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			each(v.Index(i), change)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			each(value, change)
			v.SetMapIndex(key, value)
		}
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
