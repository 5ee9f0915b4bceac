package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// Words that tell an IBAN and a NIR in the name of a member or of a column.
const (
	wordIBAN = "iban"
	wordNIR  = "nir"
)

// postalWords tell a postal code.
var postalWords = []string{"postal", "codepostal", "postcode", "zip", "cp"}

// kindOf tells what the values of a field are by its names.
func kindOf(f *mapping.Field) privacy.Kind {
	one := []mapping.Field{*f}
	isOne := func(words ...string) bool { return len(fieldsFor(one, words...)) > 0 }
	switch {
	case isOne(postalWords...):
		return privacy.KindPostal
	case len(distinctive(one)) == 0 || f.Dictionary != "" || f.Type == mapping.TypeBoolean:
		return privacy.KindNone
	case isOne(wordIBAN):
		return privacy.KindIBAN
	case isOne(wordNIR):
		return privacy.KindNIR
	}
	return privacy.KindNone
}

// fieldsFor are the paths of fields that carry one of the things: the last name of the path, or the column, has the word.
// APIs name members as they like ("coordonneesBancaires"), and then the column tells.
func fieldsFor(fields []mapping.Field, things ...string) []string {
	var list []string
	for _, f := range fields {
		last := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		isOne := func(thing string) bool { return named(last, thing) || named(f.Column, thing) }
		if f.Column != "" && slices.ContainsFunc(things, isOne) {
			list = append(list, f.Path)
		}
	}
	return list
}

// aboutWords are those of names that tell something of an IBAN or a NIR, and not itself: a NIR's check digits, the month
// of a change. Many employees have them in common.
var aboutWords = []string{"cle", "clef", "key", "pays", "country", "date", "type", "mode"}

// distinctive are the fields but those that are only about a thing.
func distinctive(fields []mapping.Field) []mapping.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f mapping.Field) bool {
		last := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		return slices.ContainsFunc(aboutWords, func(word string) bool { return named(last, word) || named(f.Column, word) })
	})
}

// Where a word ends within letters: codeIban, IBANSalarie.
var wordEnds = []*regexp.Regexp{regexp.MustCompile(`(\p{Ll})(\p{Lu})`), regexp.MustCompile(`(\p{Lu})(\p{Lu}\p{Ll})`)}

// named tells whether a name is the word, or has it among its words: IBAN, code_iban, codeIban, iban2.
func named(name, word string) bool {
	if strings.EqualFold(strings.ReplaceAll(name, "_", ""), word) {
		return true
	}
	for _, end := range wordEnds {
		name = end.ReplaceAllString(name, "$1 $2")
	}
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.Contains(parts, word)
}
