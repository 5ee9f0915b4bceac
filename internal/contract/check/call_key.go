package check

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/plaintext"
	"syncd/internal/tomltext"
)

// keyPlace is where a value goes in a request.
type keyPlace struct {
	in, name string
	required bool
}

func (p keyPlace) String() string { return fmt.Sprintf("%s %q", p.in, openapi.Tidy(p.name)) }

// toml is the place as a value of dossier_key.
func (p keyPlace) toml() string {
	return fmt.Sprintf("{ in = %s, name = %s }", tomltext.String(p.in), tomltext.String(openapi.Tidy(p.name)))
}

// fact is the place in a sentence.
func (p keyPlace) fact() hinted.Fact {
	switch p.in {
	case "header", "query", "path", "cookie":
		return say("place-"+p.in, "name", openapi.Tidy(p.name))
	}
	return say("place", "in", p.in, "name", openapi.Tidy(p.name))
}

func (p keyPlace) is(in, name string) bool { return p.in == in && strings.EqualFold(p.name, name) }

// keyPlace finds where the contract says that the dossier's key goes: as the settings say where it has that place, or the
// user wrote it, else the one place that it has for it. The key is a secret: no likeness of a name is advised.
func (a *callCheck) keyPlace(d *openapi.Document, op *openapi.Operation, s Settings) (in, name string) {
	if s.KeyIn == "path" {
		return s.KeyIn, s.KeyName // the path was found with the key in it
	}
	schemes := keySchemes(d, op)
	if declared(op, s.KeyIn, s.KeyName) || slices.ContainsFunc(schemes, func(p keyPlace) bool { return p.is(s.KeyIn, s.KeyName) }) {
		return s.KeyIn, s.KeyName
	}
	if s.KeySet {
		a.keyContradiction(op, schemes, s)
		return s.KeyIn, s.KeyName
	}
	switch said := keyPlaces(op, schemes); {
	case len(said) == 1:
		is := keyPlace{in: s.KeyIn, name: s.KeyName}
		a.key = a.open(say("default-key", "is", is.fact(), "said", said[0].fact()),
			a.next("hint-or-key", "said", said[0].toml(), "is", is.toml()),
			jobs.Because(jobs.CauseKeyPlace, "place", said[0].String()))
		return said[0].in, said[0].name
	case len(said) > 1:
		a.warning("", say("several-keys", "places", places(said), "is", keyPlace{in: s.KeyIn, name: s.KeyName}.fact()), a.next("hint-which-key"))
	default: // Swashbuckle does not know of keys that a filter reads
		a.keyLikenesses(op, s)
	}
	return s.KeyIn, s.KeyName
}

// keyContradiction tells where the contract has a place for the key, but not the one that the user wrote.
func (a *callCheck) keyContradiction(op *openapi.Operation, schemes []keyPlace, s Settings) {
	is := keyPlace{in: s.KeyIn, name: s.KeyName}.fact()
	switch sure, likely := keyPlaces(op, schemes), namedKeys(op); {
	case len(sure) == 1:
		a.error("", say("other-key", "is", is, "said", sure[0].fact()), a.next("hint-write-key", "said", sure[0].toml()))
	case len(sure) > 1:
		a.error("", say("other-key", "is", is, "said", places(sure)), a.next("hint-key"))
	case len(likely) > 0:
		a.warning("", say("unlike-key", "is", is, "said", likely[0].fact()), a.next("hint-key"))
	}
}

// keyAnyway finds where the key goes although it is not clear which call takes documents: into the one place that all the
// calls at the path have for it. A wrong verb must not be told by the API as a key that is missing.
func (a *callCheck) keyAnyway(d *openapi.Document, s Settings) (in, name string) {
	_, all := d.Find("", s.Path, s.Base)
	var first *callCheck
	for _, op := range takingDocuments(all) {
		said := &callCheck{settings: s}
		itsIn, itsName := said.keyPlace(d, op, s)
		switch {
		case first == nil:
			first, in, name = said, itsIn, itsName
		case !(keyPlace{in: in, name: name}).is(itsIn, itsName):
			return s.KeyIn, s.KeyName
		}
	}
	if first == nil {
		return s.KeyIn, s.KeyName
	}
	a.advice, a.key = append(a.advice, first.advice...), first.key
	return in, name
}

// keyPlaces are the places that the key is sure to go into, when there is but one: parameters that each call must have
// and that are named like a key, and the places for keys.
func keyPlaces(op *openapi.Operation, schemes []keyPlace) []keyPlace {
	places := slices.DeleteFunc(namedKeys(op), func(p keyPlace) bool { return !p.required })
	for _, scheme := range schemes {
		if !slices.ContainsFunc(places, func(p keyPlace) bool { return p.is(scheme.in, scheme.name) }) {
			places = append(places, scheme)
		}
	}
	return places
}

// keySchemes are the places for keys that the call, or else the whole document, declares.
func keySchemes(d *openapi.Document, op *openapi.Operation) []keyPlace {
	declared := op.Keys
	if len(declared) == 0 {
		declared = d.Keys
	}
	var places []keyPlace
	for _, k := range declared {
		if (k.In == "header" || k.In == "query") && plaintext.Fold(k.Name) != "authorization" {
			places = append(places, keyPlace{k.In, k.Name, false})
		}
	}
	return places
}

// namesOfKeys are the names that mean the dossier's key and nothing else, folded, without an X- before them.
var namesOfKeys = []string{
	"cle", "clef", "key", "apikey", "cleapi", "clefapi",
	"cledossier", "clefdossier", "dossiercle", "dossierclef", "dossierkey", "keydossier",
}

// namedKeys are the parameters whose whole name means the key, those that are required first.
func namedKeys(op *openapi.Operation) []keyPlace {
	var places []keyPlace
	for _, p := range op.Parameters {
		sent := p.In == "header" || p.In == "query"
		if sent && p.Schema != nil && p.Schema.Type == openapi.TypeString &&
			slices.Contains(namesOfKeys, strings.TrimPrefix(plaintext.Fold(p.Name), "x")) {
			places = append(places, keyPlace{p.In, p.Name, p.Required})
		}
	}
	slices.SortStableFunc(places, func(p, q keyPlace) int {
		switch {
		case p.required == q.required:
			return 0
		case p.required:
			return -1
		}
		return 1
	})
	return places
}

// keyLikenesses tells of parameters that may be meant for the key, but need not be. Those that are required are told
// anyway, as nothing sends them.
func (a *callCheck) keyLikenesses(op *openapi.Operation, s Settings) {
	for _, p := range op.Parameters {
		if at := (keyPlace{p.In, p.Name, p.Required}); !p.Required && (p.In == "header" || p.In == "query") && likeKey(p.Name) {
			a.warning("", say("like-key", "parameter", at.fact(), "call", op.CallName(), "is", keyPlace{in: s.KeyIn, name: s.KeyName}.fact()),
				a.next("hint-is-key"))
		}
	}
}

// likeKey reports whether a parameter's name resembles that of a dossier's key.
func likeKey(name string) bool {
	folded := plaintext.Fold(name)
	for _, other := range []string{"authorization", "matricule", "period", "version", "idempot", "request", "correlation", "cache"} {
		if strings.Contains(folded, other) {
			return false
		}
	}
	isKey := func(word string) bool { return slices.Contains([]string{"cle", "clef", "key", "apikey"}, word) }
	return slices.ContainsFunc(plaintext.Words(name), isKey) || slices.Contains(namesOfKeys, folded) || strings.Contains(folded, "dossier")
}

func declared(op *openapi.Operation, in, name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p openapi.Parameter) bool { return keyPlace{in: p.In, name: p.Name}.is(in, name) })
}

func places(all []keyPlace) (named hinted.List) {
	for _, p := range all {
		named = append(named, p.fact())
	}
	return named
}

// ownHeaders are those that every request of syncd has.
var ownHeaders = []string{"authorization", "accept", "contenttype", "contentlength", "host", "useragent"}

// parameters reports what else the API requires of the call, and nothing sends.
func (a *callCheck) parameters(is Derived, s Settings) {
	_, query, _ := strings.Cut(s.Path, "?")
	for _, p := range is.Operation.Parameters {
		at := keyPlace{p.In, p.Name, p.Required}
		switch {
		case !p.Required, p.In != "header" && p.In != "query", at.is(is.KeyIn, is.KeyName):
		case p.In == "header" && slices.Contains(ownHeaders, plaintext.Fold(p.Name)):
		case p.In == "query" && slices.ContainsFunc(strings.Split(query, "&"), func(pair string) bool {
			return strings.EqualFold(p.Name, strings.SplitN(pair, "=", 2)[0])
		}):
		case s.KeySet && s.KeyIn != "path" && !declared(is.Operation, s.KeyIn, s.KeyName) && slices.Contains(namedKeys(is.Operation), at):
			// told as a contradiction of dossier_key
		default:
			a.error("", say("unsent-parameter", "parameter", at.fact(), "call", is.Operation.CallName()), a.next("hint-parameter"))
		}
	}
}
