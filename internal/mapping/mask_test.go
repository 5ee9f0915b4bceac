package mapping

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"":                                      "",
		"The request is invalid.":               "The request is invalid.",
		"Salarié 00042 : nom EXEMPLE.":          "Salarié 00042 : nom •••.",
		"EXEMPLE-TEST, exemple-test et Exemple": "•••, ••• et •••",
		"HÉLÈNE est née le 17/05/1985 (5/17/1985, 1985-05-17)":  "••• est née le ••• (•••, •••)",
		"Iban FR76 3000 6000 0112 3456 7890 189 refusé":         "Iban ••• refusé",
		"autre IBAN GB82WEST12345698765432":                     "autre IBAN •••",
		"nir 2 85 05 78 999 001 16, 185052A078001 et 00042":     "nir •••, ••• et 00042",
		"CodeNature 01, strate II, MME, FR et F_VIESCO_01":      "CodeNature 01, strate II, MME, FR et •••",
		"Quantite 3,5 / 3.5 / 120.00 pour HSUP25 et HSUP25 (1)": "Quantite ••• / ••• / •••.00 pour HSUP25 et HSUP25 (1)",
		"période 2026-11 close":                                 "période 2026-11 close",
		"1 RUE DE L'EXEMPLE à RENNES 35000":                     "••• à ••• •••",
		"RENNESEXEMPLE":                                         "•••",
	} {
		if got := sampleSpec().Mask([]byte(sampleDocument), message, "00042"); got != want {
			t.Errorf("%q is masked as %q, want %q", message, got, want)
		}
	}
}

func TestMaskKeepsTheKeyOnly(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "Matricule", Column: "m"}, {Path: "Nom", Column: "n"}, {Path: "Tel", Column: "t"}}}
	document := []byte(`{"Matricule":"MARTIN","Nom":"Martinet","Tel":"ART"}`)
	if got := spec.Mask(document, "martin, MARTINET, art", "MARTIN"); got != "martin, •••, •••" {
		t.Errorf("masked as %q", got)
	}
}

func TestMaskOfWhatTheMappingDoesNotKnow(t *testing.T) {
	t.Parallel()
	document := []byte(`{"Ancien":{"Salaire":1234.5,"Notes":["Dupont"]},"Elements":["Durand"]}`)
	if got := sampleSpec().Mask(document, "1234,5 dupont Durand", "1"); got != "••• ••• •••" {
		t.Errorf("masked as %q", got)
	}
	if got := sampleSpec().Mask(nil, "nir 285057899900116 de Dupont", ""); got != "nir ••• de Dupont" {
		t.Errorf("without a document masked as %q", got)
	}
	if got := sampleSpec().Mask([]byte(`{"Nom":"Dup`), "Dupont", ""); got != masked {
		t.Errorf("with a broken document masked as %q", got)
	}
	if got := sampleSpec().Mask([]byte(` ["Dupont"]`), "Dupont \xff", ""); got != masked+" \uFFFD" {
		t.Errorf("with an array masked as %q", got)
	}
}

func TestMaskLeavesNoValue(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "A", Column: "a"}}}
	rapid.Check(t, func(t *rapid.T) {
		value, before, after := rapid.String().Draw(t, "value"), rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		document := []byte(`{"A":` + quoteJSON(value) + `}`)
		got := spec.Mask(document, before+value+after, "")
		if utf8.RuneCountInString(value) > shortValue && value != masked && strings.Contains(got, value) && !strings.Contains(before+masked+after, value) {
			t.Fatalf("%q shows %q", got, value)
		}
	})
}
