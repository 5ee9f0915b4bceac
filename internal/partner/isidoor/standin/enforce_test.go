package standin_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestEachKeywordOfTheContractIsEnforced has one line for each keyword that the contracts use.
func TestEachKeywordOfTheContractIsEnforced(t *testing.T) {
	t.Parallel()
	isidoor, plat := start(t, nil), startPlat(t, nil)
	long := strings.Repeat("é", 80)
	for name, test := range map[string]struct {
		plat             bool
		old, replacement string
		path, text       string // of the refusal; "" = it fits
	}{
		"type string": {false, `"35000"`, `35000`, "salarie.Adresse.CodePostal",
			"Error converting value 35000 to type 'string'. Path 'CodePostal'."},
		"type number": {false, `75.00`, `"75"`, "salarie.Contrat.TauxActivite",
			"Error converting value 75 to type 'number'. Path 'TauxActivite'."},
		"type object": {false, `"Adresse":{`, `"Adresse":[],"X":{`, "salarie.Adresse",
			"Error converting value [] to type 'object'. Path 'Adresse'."},
		"type array": {true, `"lignes":[`, `"lignes":{},"x":[`, "fiche.lignes",
			"Error converting value map[] to type 'array'. Path 'lignes'."},
		"type integer, text": {true, `1470`, `"1470"`, "fiche.heuresAnnuelles",
			"Error converting value 1470 to type 'integer'. Path 'heuresAnnuelles'."},
		"type integer, fraction": {true, `1470`, `1470.5`, "fiche.heuresAnnuelles",
			"Error converting value 1470.5 to type 'integer'. Path 'heuresAnnuelles'."},
		"type integer, zeros": {true, `1470`, `1470.0`, "", ""},
		"format int32": {true, `1470`, `2147483648`, "fiche.heuresAnnuelles",
			"Error converting value 2.147483648e+09 to type 'integer'. Path 'heuresAnnuelles'."},
		"integer of isidoor": {false, `"TauxActivite"`, `"HeuresAnnuelles":1558,"TauxActivite"`, "", ""},
		"maximum of isidoor": {false, `"TauxActivite"`, `"HeuresAnnuelles":2001,"TauxActivite"`, "salarie.Contrat.HeuresAnnuelles",
			"The field HeuresAnnuelles must be between 0 and 2000."},
		"minimum":             {true, `1470`, `-1`, "fiche.heuresAnnuelles", "The field heuresAnnuelles must be between 0 and 2000."},
		"minimum, its edge":   {true, `1470`, `0`, "", ""},
		"maximum, its edge":   {true, `1470`, `2000`, "", ""},
		"maximum":             {true, `"version":2`, `"version":3`, "fiche.version", "The field version must be between 1 and 2."},
		"required":            {true, `"version":2,`, ``, "fiche.version", "The version field is required."},
		"required, null":      {true, `"75"`, `null`, "fiche.tauxActivite", "The tauxActivite field is required."},
		"required array":      {true, `"lignes"`, `"x"`, "fiche.lignes", "The lignes field is required."},
		"required in an item": {true, `"rubrique":"HSUP25",`, ``, "fiche.lignes[0].rubrique", "The rubrique field is required."},
		"optional, null":      {true, `1470`, `null`, "", ""},
		"minLength":           {true, `"Camille"`, `""`, "fiche.prenom", "The prenom field is required."},
		"maxLength": {false, `"EXEMPLE"`, `"` + long + `e"`, "salarie.NomNaissance",
			"The field NomNaissance must be a string with a maximum length of 80."},
		"maxLength, its edge": {false, `"EXEMPLE"`, `"` + long + `"`, "", ""},
		"maxLength of plat": {true, `"EXEMPLE"`, `"` + long + `e"`, "fiche.nomNaissance",
			"The field nomNaissance must be a string with a maximum length of 80."},
		"enum": {true, `"EMPLOYE"`, `"employe"`, "fiche.categorie",
			"Error converting value 'employe' to type 'categorie'. Path 'categorie'."},
		"enum, empty":        {true, `"MME"`, `""`, "fiche.civilite", "Error converting value '' to type 'civilite'. Path 'civilite'."},
		"pattern":            {true, `"3.5"`, `"3,5"`, "fiche.lignes[0].base", "The value '3,5' is not valid for base."},
		"pattern of a NIR":   {false, `285057899900116`, `2850578999001`, "salarie.Nir", "The value '2850578999001' is not valid for Nir."},
		"pattern of a month": {true, `"2026-11"`, `"2026-1"`, "fiche.mois", "The value '2026-1' is not valid for mois."},
		"format date": {false, `1985-05-17`, `1985-02-29`, "salarie.DateNaissance",
			"The value '1985-02-29' is not valid for DateNaissance."},
		"format date, a time": {false, `1985-05-17`, `1985-05-17T00:00:00`, "salarie.DateNaissance",
			"The value '1985-05-17T00:00:00' is not valid for DateNaissance."},
		"format date-time": {true, `2023-09-01T00:00:00`, `2023-09-01T24:00:00`, "fiche.dateEntree",
			"The value '2023-09-01T24:00:00' is not valid for dateEntree."},
		"date-time, French": {true, `2023-09-01T00:00:00`, `01/09/2023`, "fiche.dateEntree",
			"The value '01/09/2023' is not valid for dateEntree."},
		"date-time, a fraction": {true, `2023-09-01T00:00:00`, `2023-09-01T00:00:00.123`, "", ""},
		"date-time, UTC":        {true, `2023-09-01T00:00:00`, `2023-09-01T00:00:00Z`, "", ""},
		"date-time, an offset":  {true, `2023-09-01T00:00:00`, `2023-09-01T00:00:00.5+02:00`, "", ""},
		"maxItems": {true, `"lignes":[`, `"lignes":[` + strings.Repeat(`{"rubrique":"HSUP25"},`, 199), "fiche.lignes",
			"The field lignes must be a string or array type with a maximum length of '200'."},
		"maxItems, its edge": {true, `"lignes":[`, `"lignes":[` + strings.Repeat(`{"rubrique":"HSUP25"},`, 198), "", ""},
		"closed": {true, `"base":"3.5"`, `"quantite":"3.5"`, "fiche.lignes[0].quantite",
			"Could not find member 'quantite' on object of type 'Ligne'."},
		"open": {true, `"heuresAnnuelles"`, `"heures"`, "", ""},
	} {
		var got reply
		if test.plat {
			got = plat.put(replaceIn(t, sheet, test.old, test.replacement))
		} else {
			got = isidoor.mustSend(replaceIn(t, document, test.old, test.replacement))
		}
		if test.path == "" {
			if got.status != http.StatusOK || test.plat && got.body != storedSheet {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			continue
		}
		want := mustMarshal(t, map[string]any{"Message": "The request is invalid.", "ModelState": map[string]any{test.path: []string{test.text}}})
		if got.status != http.StatusBadRequest || !equalJSON(t, got.body, want) {
			t.Errorf("%s: %d %s, want %s", name, got.status, got.body, want)
		}
	}
}

func replaceIn(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the sample does not hold %s", old)
	}
	return strings.Replace(text, old, replacement, 1)
}
