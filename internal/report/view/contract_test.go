package view

import (
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

func TestProblemsOfTheContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		problem mapping.Problem
		en, fr  string
	}{
		{mapping.Problem{Code: mapping.ProblemTooLong, Path: "/NomNaissance", Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "80"},
			Size: 93, Column: "nom_naissance", Value: "AB"},
			"NomNaissance: the text has 93 characters, Isidoor takes 80 at most; to correct: column nom_naissance",
			"NomNaissance : le texte compte 93 caractères, Isidoor en accepte 80 au plus ; à corriger : colonne nom_naissance"},
		{mapping.Problem{Code: mapping.ProblemTooShort, Path: "/Code", Limit: mapping.Limit{Rule: mapping.LimitLeast, Value: "2"}, Size: 1},
			"Code: the text has 1 character, Isidoor asks for 2 at least", "Code : le texte compte 1 caractère, Isidoor en demande 2 au moins"},
		{mapping.Problem{Code: mapping.ProblemTooShort, Path: "/NomNaissance", Limit: mapping.Limit{Rule: mapping.LimitLeast, Value: "1"},
			Size: 0, Column: "nom_naissance"},
			"NomNaissance: the text is empty, where Isidoor asks for at least 1 character; to correct: column nom_naissance",
			"NomNaissance : le texte est vide, là où Isidoor demande au moins 1 caractère ; à corriger : colonne nom_naissance"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Elements/2/Montant", Want: "string", Got: "number", Value: "12.5",
			Column: "amount"},
			`Elements, element 3, Montant: "12.5" is a number, where Isidoor takes a text; to correct: column amount, or type = "string" in the mapping of payroll elements`,
			"Elements, élément 3, Montant : « 12.5 » est un nombre, là où Isidoor attend un texte ; à corriger : colonne amount, ou type = " +
				"\"string\" dans la correspondance des éléments de paie"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Nir", Want: "integer", Got: "string", Column: "nir"},
			`Nir: there is a text, where Isidoor takes a whole number; to correct: column nir, or type = "number" in the mapping of fields`,
			"Nir : il y a un texte, là où Isidoor attend un nombre entier ; à corriger : colonne nir, ou type = \"number\" dans " +
				"la correspondance des champs"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Rang", Want: "integer", Got: "number", Value: "1.5", Column: "rang"},
			`Rang: "1.5" is a number, where Isidoor takes a whole number; to correct: column rang`,
			"Rang : « 1.5 » est un nombre, là où Isidoor attend un nombre entier ; à corriger : colonne rang"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Actif", Want: "boolean", Got: "string", Column: "actif"},
			`Actif: there is a text, where Isidoor takes true or false; to correct: column actif, or type = "boolean" in the mapping of fields`,
			"Actif : il y a un texte, là où Isidoor attend oui ou non (true ou false) ; à corriger : colonne actif, ou type = \"boolean\" dans " +
				"la correspondance des champs"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "", Want: "array", Got: "object"},
			"there is an object, where Isidoor takes a list", "il y a un objet, là où Isidoor attend une liste"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/Prenom", Want: "string", Got: "null", Value: "null", Column: "prenom"},
			"Prenom: there is nothing (null), where Isidoor takes a text; to correct: column prenom",
			"Prenom : il y a une valeur vide (null), là où Isidoor attend un texte ; à corriger : colonne prenom"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/A", Want: "boolean", Got: "array"},
			"A: there is a list, where Isidoor takes true or false; to correct: in the mapping of payroll elements",
			"A : il y a une liste, là où Isidoor attend oui ou non (true ou false) ; à corriger : dans la correspondance des éléments de paie"},
		{mapping.Problem{Code: mapping.ProblemWrongType, Path: "/A"},
			"A: there is something else, where Isidoor takes something else; to correct: in the mapping of fields",
			"A : il y a autre chose, là où Isidoor attend autre chose ; à corriger : dans la correspondance des champs"},
		{mapping.Problem{Code: mapping.ProblemRequired, Path: "/Email", Want: "string", Column: "email"},
			"Email: Isidoor requires a text here, and the document has none; to correct: column email",
			"Email : Isidoor exige ici un texte, et la fiche n'en a pas ; à corriger : colonne email"},
		{mapping.Problem{Code: mapping.ProblemRequired, Path: "/Elements", Want: "array"},
			"Elements: Isidoor requires a list here, and the document has none; to add: in the mapping of payroll elements",
			"Elements : Isidoor exige ici une liste, et la fiche n'en a pas ; à ajouter : dans la correspondance des éléments de paie"},
		{mapping.Problem{Code: mapping.ProblemRequired, Path: "/Elements/0/Date"},
			"Elements, element 1, Date: Isidoor requires a value here, and the document has none; to add: in the mapping of payroll elements",
			"Elements, élément 1, Date : Isidoor exige ici une valeur, et la fiche n'en a pas ; à ajouter : dans " +
				"la correspondance des éléments de paie"},
		{mapping.Problem{Code: mapping.ProblemWrongFormat, Path: "/DateNaissance", Want: "date", Value: "17/05/1985"},
			`DateNaissance: "17/05/1985" is not a date such as 2026-11-30`, "DateNaissance : « 17/05/1985 » n'est pas une date comme 2026-11-30"},
		{mapping.Problem{Code: mapping.ProblemWrongFormat, Path: "/A", Want: "byte"},
			`A: the value (not shown) is not a text of the format "byte"`, "A : la valeur (masquée) n'est pas un texte au format « byte »"},
		{mapping.Problem{Code: mapping.ProblemOutOfRange, Path: "/Taux", Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "100"},
			Value: "150"},
			`Taux: "150" is not accepted: Isidoor takes at most 100`, "Taux : « 150 » n'est pas accepté : Isidoor attend 100 au plus"},
		{mapping.Problem{Code: mapping.ProblemOutOfRange, Path: "/Taux", Limit: mapping.Limit{Rule: mapping.LimitMultiple, Value: "0.01"}},
			"Taux: the number (not shown) is not accepted: Isidoor takes a multiple of 0.01",
			"Taux : le nombre (masqué) n'est pas accepté : Isidoor attend un multiple de 0.01"},
		{mapping.Problem{Code: mapping.ProblemNotListed, Path: "/Civilite", Values: []string{"M", "MME"}, Value: "MLLE"},
			`Civilite: "MLLE" is none of the values that Isidoor lists: M, MME`,
			"Civilite : « MLLE » n'est pas une des valeurs prévues par Isidoor : M, MME"},
		{mapping.Problem{Code: mapping.ProblemNoMatch, Path: "/Nir", Want: "^[0-9]{15}$"},
			"Nir: the value (not shown) does not have the form that Isidoor asks for: ^[0-9]{15}$",
			"Nir : la valeur (masquée) n'a pas la forme demandée par Isidoor : ^[0-9]{15}$"},
		{mapping.Problem{Code: mapping.ProblemUnknownMember, Path: "/Nom", Want: "NomNaissance", Column: "nom"},
			"Nom: Isidoor knows no member of this name (did you mean NomNaissance?); to correct: in the mapping of fields",
			"Nom : Isidoor ne connaît pas ce champ (serait-ce NomNaissance ?) ; à corriger : dans la correspondance des champs"},
		{mapping.Problem{Code: mapping.ProblemUnknownMember, Path: "/Elements/0/x"},
			"Elements, element 1, x: Isidoor knows no member of this name; to correct: in the mapping of payroll elements",
			"Elements, élément 1, x : Isidoor ne connaît pas ce champ ; à corriger : dans la correspondance des éléments de paie"},
		{mapping.Problem{Code: mapping.ProblemItemCount, Path: "/Elements", Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "10"},
			Size: 1234},
			"Elements: the list has 1,234 items, Isidoor takes at most 10",
			"Elements : la liste compte 1\u202f234 éléments, Isidoor attend 10 au plus"},
		{mapping.Problem{Code: mapping.ProblemItemCount, Path: "/Elements", Limit: mapping.Limit{Rule: mapping.LimitUnique}, Size: 2},
			"Elements: the list has 2 items, Isidoor takes each only once",
			"Elements : la liste compte 2 éléments, Isidoor attend chacun une seule fois"},
		{mapping.Problem{Code: mapping.ProblemRequired, Path: "/Contrat/Fin", Want: "string", Branch: "CDD"},
			"Contrat.Fin: Isidoor requires a text here, and the document has none (taken for CDD, one of the forms that Isidoor takes here); to " +
				"add: in the mapping of fields",
			"Contrat.Fin : Isidoor exige ici un texte, et la fiche n'en a pas (lu comme CDD, une des formes qu'Isidoor accepte ici) ; à " +
				"ajouter : dans la correspondance des champs"},
		{mapping.Problem{Code: mapping.ProblemWrongFormat, Path: "/A", Want: "date", Value: "x", BranchNumber: 2},
			`A: "x" is not a date such as 2026-11-30 (taken for form 2, one of the forms that Isidoor takes here)`,
			"A : « x » n'est pas une date comme 2026-11-30 (lu comme la forme 2, une des formes qu'Isidoor accepte ici)"},
		{mapping.Problem{Code: mapping.ProblemNoAlternative, Path: "/Adresse"},
			"Adresse: what is there fits none of the forms that Isidoor takes",
			"Adresse : ce qui s'y trouve n'a aucune des formes qu'Isidoor accepte"},
	} {
		if got := New(locale.English, Options{Partner: payer}).Problem(c.problem); got != c.en {
			t.Errorf("got  %s\nwant %s", got, c.en)
		}
		if got := New(locale.French, Options{Partner: payer}).Problem(c.problem); got != c.fr {
			t.Errorf("got  %s\nwant %s", got, c.fr)
		}
	}
}

// What a value looks like is no placeholder of ours.
func TestPlaceholdersInAValue(t *testing.T) {
	t.Parallel()
	p := mapping.Problem{Code: mapping.ProblemNotListed, Path: "/A", Value: "{want} {list}", Want: "{value}"}
	if got, want := New(locale.English, Options{Partner: payer}).Problem(p),
		`A: "{want} {list}" is none of the values that Isidoor lists: {value}`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestContractChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change jobs.ContractChange
		en, fr string
	}{
		{jobs.ContractChange{Kind: jobs.ContractMemberRequired, Path: "Contrat.CodeNature", Breaking: true},
			"! Contrat.CodeNature: required now", "! Contrat.CodeNature : désormais obligatoire"},
		{jobs.ContractChange{Kind: jobs.ContractTypeNarrowed, Path: "Elements[].Montant", Old: jobs.ContractSide{Text: "number"},
			New: jobs.ContractSide{Text: "integer"}, Breaking: true},
			"! Elements[].Montant: takes a whole number now, no longer a number",
			"! Elements[].Montant : accepte désormais un nombre entier, et non plus un nombre"},
		{jobs.ContractChange{Kind: jobs.ContractEnumNarrowed, Path: "Civilite", Old: jobs.ContractSide{Text: "MLLE"}, Breaking: true},
			"! Civilite: no longer takes these values: MLLE", "! Civilite : n'accepte plus ces valeurs : MLLE"},
		{jobs.ContractChange{Kind: jobs.ContractFormatNarrowed, Path: "DateDebut", New: jobs.ContractSide{Text: "date"}, Breaking: true},
			"! DateDebut: must be a date such as 2026-11-30 now", "! DateDebut : doit désormais être une date comme 2026-11-30"},
		{jobs.ContractChange{Kind: jobs.ContractLimitNarrowed, Path: "Nom",
			Old: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "80"}},
			New: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "50"}}, Breaking: true},
			"! Nom: takes at most 50 now, instead of 80", "! Nom : accepte désormais 50 au plus, contre 80 auparavant"},
		{jobs.ContractChange{Kind: jobs.ContractLimitNarrowed, Path: "Taux",
			Old: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "100"}},
			New: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitBelow, Value: "100"}}, Breaking: true},
			"! Taux: takes less than 100 now, instead of at most 100", "! Taux : accepte désormais moins de 100, contre 100 au plus auparavant"},
		{jobs.ContractChange{Kind: jobs.ContractLimitNarrowed, Path: "Nom",
			New: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "50"}}, Breaking: true},
			"! Nom: takes at most 50 now", "! Nom : accepte désormais 50 au plus"},
		{jobs.ContractChange{Kind: jobs.ContractTypeNarrowed, Path: "Nom", Old: jobs.ContractSide{Text: "any"},
			New: jobs.ContractSide{Text: "string"}, Breaking: true},
			"! Nom: takes a text now, no longer any value", "! Nom : accepte désormais un texte, et non plus n'importe quelle valeur"},
		{jobs.ContractChange{Kind: jobs.ContractMemberAdded, Path: "Divers", New: jobs.ContractSide{Text: "any"}},
			"+ Divers: new, and not required (any value)", "+ Divers : nouveau, non obligatoire (n'importe quelle valeur)"},
		{jobs.ContractChange{Kind: jobs.ContractParameterMoved, Path: "cle", Old: jobs.ContractSide{Text: "header X-Cle"},
			New: jobs.ContractSide{Text: "query cle"}, Breaking: true},
			"! cle: is expected elsewhere now (query cle), no longer there (header X-Cle)",
			"! cle : désormais attendu ailleurs (query cle), et non plus là (header X-Cle)"},
		{jobs.ContractChange{Kind: jobs.ContractOperationRemoved, Operation: "POST /V2/Salarie", Breaking: true},
			"! POST /V2/Salarie: Isidoor no longer offers this call", "! POST /V2/Salarie : Isidoor ne propose plus cet appel"},
		{jobs.ContractChange{Kind: jobs.ContractOperationRemoved, Operation: "POST /V2/Salarie", Old: jobs.ContractSide{Text: "POST /V2/Salarie"},
			New: jobs.ContractSide{Text: "PUT /V2/Salarie"}, Breaking: true},
			"! POST /V2/Salarie: Isidoor offers PUT /V2/Salarie now, and no longer this call",
			"! POST /V2/Salarie : Isidoor propose désormais PUT /V2/Salarie, et non plus cet appel"},
		{jobs.ContractChange{Kind: jobs.ContractMemberAdded, Path: "Bic", New: jobs.ContractSide{Text: "string"}},
			"+ Bic: new, and not required (a text)", "+ Bic : nouveau, non obligatoire (un texte)"},
		{jobs.ContractChange{Kind: jobs.ContractWidened, Path: "Nom",
			Old: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "50"}},
			New: jobs.ContractSide{Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "80"}}},
			"* Nom: takes more than before (at most 80, before: at most 50)", "* Nom : accepte plus qu'avant (80 au plus, avant : 50 au plus)"},
		{jobs.ContractChange{Kind: jobs.ContractMemberOptional, Path: "Email"}, "* Email: no longer required",
			"* Email : n'est plus obligatoire"},
		{jobs.ContractChange{Kind: "future", Path: "A\x1b[2J"}, `* A\x1b[2J: future`, `* A\x1b[2J : future`},
	} {
		if got := New(locale.English, Options{Partner: payer}).ContractChange(c.change); got != c.en {
			t.Errorf("got  %s\nwant %s", got, c.en)
		}
		if got := New(locale.French, Options{Partner: payer}).ContractChange(c.change); got != c.fr {
			t.Errorf("got  %s\nwant %s", got, c.fr)
		}
	}
}

// Each kind has a sentence whatever the change tells, and none shows a placeholder.
func TestContractChangeWithAndWithoutSides(t *testing.T) {
	t.Parallel()
	for _, kind := range constants(t, "../../jobs", "ContractChangeKind") {
		for _, sides := range [][2]string{{}, {"A", ""}, {"", "B"}, {"A", "B"}} {
			for language := range catalogues {
				text := New(language, Options{Partner: payer}).ContractChange(jobs.ContractChange{Kind: jobs.ContractChangeKind(kind), Path: "P",
					Old: jobs.ContractSide{Text: sides[0]}, New: jobs.ContractSide{Text: sides[1]}})
				if strings.ContainsAny(text, "{}") || strings.Contains(text, "()") || strings.HasSuffix(text, " ") {
					t.Errorf("%s %q: %s", kind, sides, text)
				}
			}
		}
	}
}
