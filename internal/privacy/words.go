package privacy

import (
	"strings"
	"unicode"

	"syncd/internal/lazyregexp"
)

// openers are words that begin what programs say, and abbreviations that name nobody.
var openers = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(`le la les un une des de du au aux ce cette ces votre vos vous il elle aucun aucune pas accès acces erreur
		echec échec impossible interdit refus refusé rejet code compte service serveur structure utilisateur utilisateurs utilisation
		demande requête paramètre parametre champ date format valeur facture statut token jeton session habilitation identifiant
		the a an this your you no not access account bad request forbidden unauthorized unauthorised found gateway timeout internal
		server error invalid missing required unknown unexpected unsupported too many user token invoice status field value validation
		api http https json iso siret siren iban oauth piste url uuid id`) {
		all[word] = true
	}
	return all
}()

// codes are what programs call their messages: GCU_MSG_01_000, invalid_grant; and short numbers.
var codes = lazyregexp.New(`^(?:[A-Z]+(?:_[A-Z0-9]+)+(?:\.[0-9]+)?|[a-z]+(?:_[a-z]+)+|[0-9]{1,4})$`)

// MaskWords hides in another program's words what may be of anybody, where nothing is known of whom they speak: all that is written
// with a capital letter, as a number or as an address. Codes, words in small letters and those that open a sentence stay. Whose name
// is written in small letters is not told from a word.
func MaskWords(text string) string {
	var kept []string
	for word := range strings.FieldsSeq(MaskIdentifiers(text)) {
		if !namesNobody(word) {
			word = Masked
		}
		if word != Masked || len(kept) == 0 || kept[len(kept)-1] != Masked {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

func namesNobody(word string) bool {
	bare := strings.TrimFunc(word, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) })
	if bare == "" || codes().MatchString(bare) || openers[strings.ToLower(bare)] {
		return !strings.Contains(word, Masked)
	}
	if before, after, elided := strings.Cut(strings.ReplaceAll(bare, "’", "'"), "'"); elided { // l'utilisateur, n'est
		return len(before) <= 2 && (small(after) || openers[strings.ToLower(after)])
	}
	return small(bare)
}

// small reports whether a text has small letters alone, and hyphens.
func small(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLower(r) && r != '-' }) < 0
}
