package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// result is the answer of a profile that codes its answers: a refusal can stand inside a 200.
type result struct {
	CodeRetour int       `json:"codeRetour"` // 0 = stored
	Libelle    string    `json:"libelle"`
	Anomalies  []anomaly `json:"anomalies"` // never null
}

type anomaly struct {
	Champ string `json:"champ"`
	Texte string `json:"texte"`
}

func (r result) answer() *answer { return &answer{status: http.StatusOK, body: mustJSON(r)} }

// codeRefused is the code of a document that fits the contract and breaks a rule that no contract can say.
const codeRefused = 20

// resultMembers describes result in the Swagger document.
var resultMembers = member{kind: kindObject, definition: "Retour", members: []member{
	{name: "codeRetour", kind: kindInteger},
	{name: "libelle", kind: kindString},
	{name: "anomalies", kind: kindArray, definition: "Anomalie", members: []member{
		{name: "champ", kind: kindString},
		{name: "texte", kind: kindString},
	}},
}}

func refusedInside(state violations) *answer {
	r := result{CodeRetour: codeRefused}
	var all []string
	for _, path := range slices.Sorted(maps.Keys(state)) {
		for _, text := range state[path] {
			r.Anomalies = append(r.Anomalies, anomaly{Champ: path, Texte: text})
			all = append(all, text)
		}
	}
	r.Libelle = strings.Join(all, " ")
	return r.answer()
}
