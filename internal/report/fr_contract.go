package report

import (
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

var frenchContract = contractWords{
	types: map[string]string{
		"string": "un texte", "number": "un nombre", "integer": "un nombre entier", "boolean": "oui ou non (true ou false)",
		"array": "une liste", "object": "un objet", "null": "une valeur vide (null)", "any": "n'importe quelle valeur",
	},
	formats: map[string]string{
		"date": "une date comme 2026-11-30", "date-time": "une date avec l'heure comme 2026-11-30T08:30:00",
		"uuid":  "un identifiant comme 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
		"int32": "un nombre entier de -2147483648 à 2147483647", "int64": "un nombre entier de -9223372036854775808 à 9223372036854775807",
		"decimal": "un nombre comme 12.5", "double": "un nombre comme 12.5", "float": "un nombre comme 12.5",
	},
	format: "un texte au format « %s »",
	limits: map[string]string{"<=": "%s au plus", ">=": "%s au moins", "<": "moins de %s", ">": "plus de %s", "multiple of": "un multiple de %s"},
	unique: "chacun une seule fois", value: "une valeur", other: "autre chose", or: " ou ",
	characters: plural{"%s caractère", "%s caractères"}, items: plural{"%s élément", "%s éléments"},
	branch: " (lu comme %s, une des formes qu'Isidoor accepte ici)", numbered: "la forme %s",
	meant: " (serait-ce %s ?)",
	item:  "%s, élément %s",
	amend: "à corriger : dans %s", add: "à ajouter : dans %s",
	typed:       `, ou type = "%s" dans %s (« syncd check » le dit)`,
	heldChanged: "le contrat de l'API d'Isidoor a changé, et une personne doit l'accepter",
	heldUnknown: "le contrat de l'API d'Isidoor n'admet pas tout ce qui est envoyé",
	heldBoth:    "le contrat de l'API d'Isidoor a changé, et n'admet pas tout ce qui est envoyé",

	breaking:  plural{"%s changement incompatible avec ce qui est envoyé", "%s changements incompatibles avec ce qui est envoyé"},
	additions: plural{"%s changement sans conséquence", "%s changements sans conséquence"},
	none:      "Rien de ce qui concerne syncd n'a changé.",
	changes: map[jobs.ContractChangeKind]changeWords{
		jobs.ContractOperationRemoved: {plain: "Isidoor ne propose plus cet appel", both: "Isidoor propose désormais {new}, et non plus cet appel"},
		jobs.ContractMemberRemoved:    {plain: "désormais inconnu : Isidoor l'ignorerait sans le dire"},
		jobs.ContractMemberRequired:   {plain: "désormais obligatoire", fresh: "désormais obligatoire ({new})"},
		jobs.ContractTypeNarrowed: {plain: "accepte désormais moins de sortes de valeurs", fresh: "n'accepte désormais que {new}",
			gone: "n'accepte plus {old}", both: "accepte désormais {new}, et non plus {old}"},
		jobs.ContractEnumNarrowed: {plain: "accepte désormais moins de valeurs", fresh: "n'accepte désormais que ces valeurs : {new}",
			gone: "n'accepte plus ces valeurs : {old}", both: "accepte désormais {new}, et non plus {old}"},
		jobs.ContractFormatNarrowed: {plain: "doit désormais avoir une forme précise", fresh: "doit désormais être {new}", gone: "n'est plus {old}",
			both: "doit désormais être {new}, et non plus {old}"},
		jobs.ContractLimitNarrowed: {plain: "a désormais des limites plus étroites", fresh: "accepte désormais {new}", gone: "n'accepte plus {old}",
			both: "accepte désormais {new}, contre {old} auparavant"},
		jobs.ContractParameterAdded: {plain: "paramètre désormais obligatoire de l'appel", fresh: "paramètre désormais obligatoire de l'appel ({new})"},
		jobs.ContractParameterMoved: {plain: "désormais attendu ailleurs", fresh: "désormais attendu ailleurs ({new})",
			gone: "n'est plus attendu là ({old})", both: "désormais attendu ailleurs ({new}), et non plus là ({old})"},
		jobs.ContractMemberReadOnly: {plain: "désormais en lecture seule : Isidoor ignorerait ce qui est envoyé"},

		jobs.ContractOperationAdded: {plain: "Isidoor propose désormais cet appel"},
		jobs.ContractMemberAdded:    {plain: "nouveau, non obligatoire", fresh: "nouveau, non obligatoire ({new})"},
		jobs.ContractMemberOptional: {plain: "n'est plus obligatoire"},
		jobs.ContractWidened:        {plain: "accepte plus qu'avant", fresh: "accepte plus qu'avant ({new})", gone: "accepte plus qu'avant ({old})", both: "accepte plus qu'avant ({new}, avant : {old})"},
	},

	impact:       "Prochaine exécution de %s, période %s : qui serait bloqué par un code",
	impactNobody: "Personne ne serait bloqué (données préparées : %s).",
	impactCount:  plural{"%s salarié serait bloqué (données préparées : %s) :", "%s salariés seraient bloqués (données préparées : %s) :"},
}

var frenchProblems = map[mapping.ProblemCode]fact{
	mapping.ProblemUnknownCode:   {quoted: "{value} n'est pas un code de la nomenclature {list}", masked: "le code (masqué) n'est pas dans la nomenclature {list}"},
	mapping.ProblemWithdrawnCode: {quoted: "le code {value} a été retiré de la nomenclature {list}", masked: "le code (masqué) a été retiré de la nomenclature {list}"},
	mapping.ProblemMissingValue:  {masked: "une valeur est obligatoire et il n'y en a pas"},
	mapping.ProblemControl:       {masked: "le texte contient un caractère de contrôle ({got}), qui n'a sa place dans aucun texte"},
	mapping.ProblemBadValue:      {quoted: "la valeur {value} ne convient pas à ce champ", masked: "la valeur (masquée) ne convient pas à ce champ"},
	mapping.ProblemTooLarge:      {masked: "le document dépasse 1 Mio"},
	mapping.ProblemMissingKey:    {counted: plural{"%s ligne des données préparées n'a pas de matricule", "%s lignes des données préparées n'ont pas de matricule"}},
	mapping.ProblemBadKey:        {quoted: "le matricule {value} est inutilisable : {why}", masked: "le matricule (masqué) est inutilisable : {why}"},
	mapping.ProblemDuplicateKey:  {counted: plural{"%s ligne des données préparées porte ce matricule", "%s lignes des données préparées portent ce matricule"}},
	mapping.ProblemMissingEmployee: {counted: plural{"%s élément de paie dont le salarié n'est pas dans les données préparées",
		"%s éléments de paie dont le salarié n'est pas dans les données préparées"}},

	mapping.ProblemWrongType:     {quoted: "{value} est {got}, là où Isidoor attend {want}", masked: "il y a {got}, là où Isidoor attend {want}"},
	mapping.ProblemRequired:      {masked: "Isidoor exige ici {want}, et le document n'en a pas"},
	mapping.ProblemWrongFormat:   {quoted: "{value} n'est pas {want}", masked: "la valeur (masquée) n'est pas {want}"},
	mapping.ProblemTooLong:       {masked: "le texte compte {characters}, Isidoor en accepte {want} au plus"},
	mapping.ProblemTooShort:      {masked: "le texte compte {characters}, Isidoor en demande {want} au moins", empty: "le texte est vide, là où Isidoor demande au moins {least}"},
	mapping.ProblemOutOfRange:    {quoted: "{value} n'est pas accepté : Isidoor attend {want}", masked: "le nombre (masqué) n'est pas accepté : Isidoor attend {want}"},
	mapping.ProblemNotListed:     {quoted: "{value} n'est pas une des valeurs prévues par Isidoor : {want}", masked: "la valeur (masquée) n'est pas une de celles prévues par Isidoor : {want}"},
	mapping.ProblemNoMatch:       {quoted: "{value} n'a pas la forme demandée par Isidoor : {want}", masked: "la valeur (masquée) n'a pas la forme demandée par Isidoor : {want}"},
	mapping.ProblemUnknownMember: {masked: "Isidoor ne connaît pas ce champ{meant}"},
	mapping.ProblemItemCount:     {masked: "la liste compte {items}, Isidoor attend {want}"},
	mapping.ProblemNoAlternative: {quoted: "{value} n'a aucune des formes qu'Isidoor accepte", masked: "ce qui s'y trouve n'a aucune des formes qu'Isidoor accepte"},
}

var frenchWhys = map[mapping.Why]string{
	mapping.WhyNone:       "il est trop long, entouré d'espaces, ou contient des caractères invisibles",
	mapping.WhyTooLong:    "il dépasse 200 octets",
	mapping.WhySpaces:     "il est entouré d'espaces",
	mapping.WhyUnseen:     "il contient des caractères invisibles",
	mapping.WhyNotLegible: "ses octets ne sont pas un texte en UTF-8",
	mapping.WhyComma:      " : un nombre avec un point est attendu, comme 12.50",
}

var frenchUnseen = map[mapping.Unseen]string{
	mapping.UnseenForm:       " (même apparence : les accents sont écrits en un caractère d'un côté, en deux de l'autre ; Unicode NFC, NFD)",
	mapping.UnseenCharacters: " (même apparence : caractères invisibles, ou espaces d'une autre sorte, d'un côté)",
	mapping.UnseenAlphabet:   " (même apparence : lettres d'un autre alphabet d'un côté)",
}
