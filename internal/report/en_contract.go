package report

import (
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

var englishContract = contractWords{
	types: map[string]string{
		"string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false", "array": "a list",
		"object": "an object", "null": "nothing (null)", "any": "any value",
	},
	formats: map[string]string{
		"date": "a date such as 2026-11-30", "date-time": "a date and time such as 2026-11-30T08:30:00",
		"uuid":  "an identifier such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
		"int32": "a whole number from -2147483648 to 2147483647", "int64": "a whole number from -9223372036854775808 to 9223372036854775807",
		"decimal": "a number such as 12.5", "double": "a number such as 12.5", "float": "a number such as 12.5",
	},
	format: `a text of the format "%s"`,
	limits: map[string]string{"<=": "at most %s", ">=": "at least %s", "<": "less than %s", ">": "more than %s", "multiple of": "a multiple of %s"},
	unique: "each only once", value: "a value", other: "something else", or: " or ",
	characters: plural{"%s character", "%s characters"}, items: plural{"%s item", "%s items"},
	branch: " (taken for %s, one of the forms that Isidoor takes here)", numbered: "form %s",
	meant: " (did you mean %s?)",
	item:  "%s, element %s",
	amend: "to correct: in %s", add: "to add: in %s",
	typed:       `, or type = "%s" in %s ('syncd check' tells)`,
	heldChanged: "the contract of Isidoor's API has changed, and a person must accept it",
	heldUnknown: "the contract of Isidoor's API does not take all that is sent",
	heldBoth:    "the contract of Isidoor's API has changed, and does not take all that is sent",

	breaking:  plural{"%s change that breaks what is sent", "%s changes that break what is sent"},
	additions: plural{"%s change that breaks nothing", "%s changes that break nothing"},
	none:      "Nothing that concerns syncd has changed.",
	changes: map[jobs.ContractChangeKind]changeWords{
		jobs.ContractOperationRemoved: {plain: "Isidoor no longer offers this call", both: "Isidoor offers {new} now, and no longer this call"},
		jobs.ContractMemberRemoved:    {plain: "no longer known, so Isidoor would drop it silently"},
		jobs.ContractMemberRequired:   {plain: "required now", fresh: "required now ({new})"},
		jobs.ContractTypeNarrowed: {plain: "takes fewer kinds of values now", fresh: "takes only {new} now",
			gone: "no longer takes {old}", both: "takes {new} now, no longer {old}"},
		jobs.ContractEnumNarrowed: {plain: "takes fewer values now", fresh: "takes only these values now: {new}",
			gone: "no longer takes these values: {old}", both: "takes {new} now, no longer {old}"},
		jobs.ContractFormatNarrowed: {plain: "must have a certain form now", fresh: "must be {new} now", gone: "is no longer {old}",
			both: "must be {new} now, no longer {old}"},
		jobs.ContractLimitNarrowed: {plain: "has narrower limits now", fresh: "takes {new} now", gone: "no longer takes {old}",
			both: "takes {new} now, instead of {old}"},
		jobs.ContractParameterAdded: {plain: "the call needs this parameter now", fresh: "the call needs this parameter now ({new})"},
		jobs.ContractParameterMoved: {plain: "is expected elsewhere now", fresh: "is expected elsewhere now ({new})",
			gone: "is no longer expected there ({old})", both: "is expected elsewhere now ({new}), no longer there ({old})"},
		jobs.ContractMemberReadOnly: {plain: "can only be read now, so Isidoor would ignore what is sent"},

		jobs.ContractOperationAdded: {plain: "Isidoor offers this call now"},
		jobs.ContractMemberAdded:    {plain: "new, and not required", fresh: "new, and not required ({new})"},
		jobs.ContractMemberOptional: {plain: "no longer required"},
		jobs.ContractWidened:        {plain: "takes more than before", fresh: "takes more than before ({new})", gone: "takes more than before ({old})", both: "takes more than before ({new}, before: {old})"},
	},

	impact:       "Next run of %s, %s: who would be blocked by a code",
	impactNobody: "Nobody would be blocked (read from staging: %s).",
	impactCount:  plural{"%s employee would be blocked (read from staging: %s):", "%s employees would be blocked (read from staging: %s):"},
}

var englishProblems = map[mapping.ProblemCode]fact{
	mapping.ProblemUnknownCode:   {quoted: "{value} is not a code of the nomenclature {list}", masked: "the code (not shown) is not in the nomenclature {list}"},
	mapping.ProblemWithdrawnCode: {quoted: "the code {value} was withdrawn from the nomenclature {list}", masked: "the code (not shown) was withdrawn from the nomenclature {list}"},
	mapping.ProblemMissingValue:  {masked: "a value is required and there is none"},
	mapping.ProblemControl:       {masked: "the text has a control character ({got}), which no text of a document needs"},
	mapping.ProblemBadValue:      {quoted: "the value {value} does not fit this field", masked: "the value (not shown) does not fit this field"},
	mapping.ProblemTooLarge:      {masked: "the document is larger than 1 MiB"},
	mapping.ProblemMissingKey:    {counted: plural{"%s row of staging has no matricule", "%s rows of staging have no matricule"}},
	mapping.ProblemBadKey:        {quoted: "the matricule {value} cannot be used: {why}", masked: "the matricule (not shown) cannot be used: {why}"},
	mapping.ProblemDuplicateKey:  {counted: plural{"%s row of staging has this matricule", "%s rows of staging have this matricule"}},
	mapping.ProblemMissingEmployee: {counted: plural{"%s payroll element whose employee is not in staging",
		"%s payroll elements whose employee is not in staging"}},

	mapping.ProblemWrongType:     {quoted: "{value} is {got}, where Isidoor takes {want}", masked: "there is {got}, where Isidoor takes {want}"},
	mapping.ProblemRequired:      {masked: "Isidoor requires {want} here, and the document has none"},
	mapping.ProblemWrongFormat:   {quoted: "{value} is not {want}", masked: "the value (not shown) is not {want}"},
	mapping.ProblemTooLong:       {masked: "the text has {characters}, Isidoor takes {want} at most"},
	mapping.ProblemTooShort:      {masked: "the text has {characters}, Isidoor asks for {want} at least", empty: "the text is empty, where Isidoor asks for at least {least}"},
	mapping.ProblemOutOfRange:    {quoted: "{value} is not accepted: Isidoor takes {want}", masked: "the number (not shown) is not accepted: Isidoor takes {want}"},
	mapping.ProblemNotListed:     {quoted: "{value} is none of the values that Isidoor lists: {want}", masked: "the value (not shown) is none of those that Isidoor lists: {want}"},
	mapping.ProblemNoMatch:       {quoted: "{value} does not have the form that Isidoor asks for: {want}", masked: "the value (not shown) does not have the form that Isidoor asks for: {want}"},
	mapping.ProblemUnknownMember: {masked: "Isidoor knows no member of this name{meant}"},
	mapping.ProblemItemCount:     {masked: "the list has {items}, Isidoor takes {want}"},
	mapping.ProblemNoAlternative: {quoted: "{value} fits none of the forms that Isidoor takes", masked: "what is there fits none of the forms that Isidoor takes"},
}

// englishWhys are the reasons of which a problem has one. A number that is written with a comma is told behind any sentence.
var englishWhys = map[mapping.Why]string{
	mapping.WhyNone:       "it is too long, has spaces around it, or has characters that cannot be seen",
	mapping.WhyTooLong:    "it is longer than 200 bytes",
	mapping.WhySpaces:     "it has spaces around it",
	mapping.WhyUnseen:     "it has characters that cannot be seen",
	mapping.WhyNotLegible: "its bytes are no text in UTF-8",
	mapping.WhyComma:      ": a number with a point is expected, such as 12.50",
}

var englishUnseen = map[mapping.Unseen]string{
	mapping.UnseenForm:       " (they look alike: accents are written as one character in the one, as two in the other; Unicode NFC, NFD)",
	mapping.UnseenCharacters: " (they look alike: one has characters that cannot be seen, or other spaces)",
	mapping.UnseenAlphabet:   " (they look alike: one has letters of another alphabet)",
}
