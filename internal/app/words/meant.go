package words

import (
	"maps"
	"slices"
	"strings"

	"syncd/internal/app"
	"syncd/internal/config/strict"
	"syncd/internal/plaintext"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// mistyped are the refusals of an unknown word: the names of the arguments that have the word, and those that there are.
var mistyped = map[app.Code]struct{ word, known string }{
	app.NoState: {"state", "states"}, app.NoDecision: {"decision", "decisions"}, app.NoNomenclature: {"name", "names"},
	app.NoPartnerNamed: {"name", "names"}, app.NoCollection: {"name", "names"}, app.NoView: {"value", "names"},
	app.NoCondition: {"kind", "known"},
}

// meant asks whether a word that was refused means the nearest one; "" = nothing is near.
func meant(teller *view.Teller, refused *app.Refused) string {
	args, ok := mistyped[refused.Code]
	if !ok {
		return ""
	}
	word, _ := refused.Args[args.word].(string)
	known, _ := refused.Args[args.known].([]string)
	spellings := spoken(known)
	near := spellings[plaintext.Nearest(plaintext.Fold(word), slices.Collect(maps.Keys(spellings)))]
	if near == "" {
		return ""
	}
	return strict.Suggest(near, nil, strict.Say("meant")).In(teller.Catalogue)
}

// spoken are names by what people say for them: the names themselves, and the words of reports in each language.
func spoken(names []string) map[string]string {
	said := map[string]string{}
	for _, language := range []locale.Language{locale.French, locale.English} {
		words, typed := locale.Of(language, ""), locale.HelpOf(language).Meant
		for _, name := range names {
			for _, text := range strings.Fields(typed[name]) { // "retenu"
				said[plaintext.Fold(text)] = name
			}
			for _, text := range []string{words.States[name].Word, words.Decisions[name], words.Deeds[name]} { // "en échec", "un accord"
				said[plaintext.Fold(text)] = name
				said[plaintext.Fold(text[strings.LastIndex(text, " ")+1:])] = name
			}
		}
	}
	delete(said, "")
	for _, name := range names {
		said[plaintext.Fold(name)] = name
	}
	return said
}
