package check

import (
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// spellings are the words of the default staging tables (migrations/staging.sql) that are English there and French in
// the contracts.
var spellings = map[string]string{
	"amount": "montant", "quantity": "quantite", "period": "periode", "label": "libelle", "email": "courriel", "mail": "courriel",
}

// SameName reports whether two names are one but for case, accents and signs, in French or in the English of the default tables.
func SameName(a, b string) bool { return strings.Join(spelled(a), "") == strings.Join(spelled(b), "") }

// spelled are the words of a name, in French.
func spelled(name string) []string {
	all := plaintext.Words(name)
	for i, word := range all {
		if spelt := spellings[word]; spelt != "" {
			all[i] = spelt
		}
	}
	return all
}

// PlainWords are the words of a name that tell something: "code" stands before half of all names.
func PlainWords(name string) []string {
	all := spelled(name)
	telling := slices.DeleteFunc(slices.Clone(all), func(word string) bool { return word == "code" })
	if len(telling) == 0 {
		return all
	}
	return telling
}

// Likeness tells how far a column's name resembles a member's path: less is more alike.
type Likeness int

const (
	likeNothing Likeness = iota
	LikePath             // adresse_code_postal and Adresse.CodePostal
	likeName             // code_postal and Adresse.CodePostal
	LikeWords            // strate and CodeStrate, quantity and Quantite, nature_contrat and a code of NatureContrat
	LikeSome             // categorie_temps and CodeCategorieTempsTravail: a guess
)

// Resemblance compares a column with the member at path, whose values are codes of the nomenclature; "" = of none.
func Resemblance(column, path, nomenclature string) Likeness {
	name := openapi.LastName(path)
	folded := plaintext.Fold(column)
	switch own := strings.Join(PlainWords(column), ""); {
	case folded == "":
		return likeNothing
	case folded == plaintext.Fold(path):
		return LikePath
	case folded == plaintext.Fold(name):
		return likeName
	case own == strings.Join(PlainWords(name), ""), own == strings.Join(PlainWords(path), ""), nomenclature != "" &&
		own == plaintext.Fold(nomenclature):
		return LikeWords
	}
	if someWords(PlainWords(column), append(PlainWords(name), plaintext.Words(nomenclature)...)) {
		return LikeSome
	}
	return likeNothing
}

// someWords reports whether all words of a column occur in those of a member, and one of them is long enough to mean
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

// OfRun tells of columns that queries select rows by, such as dossier and period: nobody expects them in a document.
func OfRun(column string) bool {
	return slices.Contains([]string{"dossier", "siret", "period", "periode", "periodstart", "periodend"}, plaintext.Fold(column))
}

// ColumnNamed finds a column; nil when the query returns none of that name.
func ColumnNamed(columns []mapping.Column, name string) *mapping.Column {
	i := slices.IndexFunc(columns, func(c mapping.Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &columns[i]
}
