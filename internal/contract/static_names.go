package contract

import (
	"slices"
	"strings"
	"unicode"

	"syncd/internal/mapping"
)

// accents are those of the languages that contracts and staging tables are written in here.
var accents = strings.NewReplacer("à", "a", "á", "a", "â", "a", "ä", "a", "å", "a", "ã", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ñ", "n", "ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u",
	"ý", "y", "ÿ", "y", "œ", "oe", "æ", "ae", "ß", "ss")

// fold is a name without case, accents and signs: Adresse.CodePostal, adresse_code_postal and "Adresse code postal" are one.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, accents.Replace(strings.ToLower(name)))
}

// words takes a name apart where its case or its signs do, each word folded: CodeMotifCDD is code, motif, cdd.
func words(name string) []string {
	var all []string
	var word []rune
	flush := func() {
		if folded := fold(string(word)); folded != "" {
			all = append(all, folded)
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return all
}

// spellings are the words of the default staging tables (migrations/staging.sql) that are English there and French in
// the contracts.
var spellings = map[string]string{
	"amount": "montant", "quantity": "quantite", "period": "periode", "label": "libelle", "email": "courriel", "mail": "courriel",
}

// plainWords are the words of a name that tell something: "code" stands before half of all names.
func plainWords(name string) []string {
	all := words(name)
	for i, word := range all {
		if spelt := spellings[word]; spelt != "" {
			all[i] = spelt
		}
	}
	telling := slices.DeleteFunc(slices.Clone(all), func(word string) bool { return word == "code" })
	if len(telling) == 0 {
		return all
	}
	return telling
}

// likeness tells how far a column's name resembles a member's path: less is more alike.
type likeness int

const (
	likeNothing likeness = iota
	likePath             // adresse_code_postal and Adresse.CodePostal
	likeName             // code_postal and Adresse.CodePostal
	likeWords            // strate and CodeStrate, quantity and Quantite, nature_contrat and a code of NatureContrat
	likeSome             // categorie_temps and CodeCategorieTempsTravail: a guess
)

// resemblance compares a column with the member at path, whose values are codes of the nomenclature; "" = of none.
func resemblance(column, path, nomenclature string) likeness {
	name := lastName(path)
	folded := fold(column)
	switch own := strings.Join(plainWords(column), ""); {
	case folded == "":
		return likeNothing
	case folded == fold(path):
		return likePath
	case folded == fold(name):
		return likeName
	case own == strings.Join(plainWords(name), ""), own == strings.Join(plainWords(path), ""), nomenclature != "" && own == fold(nomenclature):
		return likeWords
	}
	if someWords(plainWords(column), append(plainWords(name), words(nomenclature)...)) {
		return likeSome
	}
	return likeNothing
}

// someWords tells whether all words of a column occur in those of a member, and one of them is long enough to mean
// something by itself.
func someWords(column, member []string) bool {
	const meaningful = 4 // characters
	telling := false
	for _, word := range column {
		if !slices.Contains(member, word) {
			return false
		}
		telling = telling || len(word) >= meaningful
	}
	return telling
}

// lastName is the name of the member that a path leads to.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// joined joins the path of an object and the name of its member.
func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// ofRun tells of columns that queries select rows by, such as dossier and period: nobody expects them in a document.
func ofRun(column string) bool {
	return slices.Contains([]string{"dossier", "siret", "period", "periode", "periodstart", "periodend"}, fold(column))
}

// columnNamed finds a column; nil when the query returns none of that name.
func columnNamed(columns []mapping.Column, name string) *mapping.Column {
	i := slices.IndexFunc(columns, func(c mapping.Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &columns[i]
}
