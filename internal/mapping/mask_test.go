package mapping

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"syncd/internal/privacy"
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
		"Quantite 3,5 / 3.5 / 120.00 pour HSUP25 et HSUP25 (1)": "Quantite ••• / ••• / ••• pour HSUP25 et HSUP25 (1)",
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
	if got := sampleSpec().Mask([]byte(`{"Nom":"Dup`), "Dupont", ""); got != privacy.Masked {
		t.Errorf("with a broken document masked as %q", got)
	}
	if got := sampleSpec().Mask([]byte(` ["Dupont"]`), "Dupont \xff", ""); got != privacy.Masked+" ÿ" {
		t.Errorf("with an array masked as %q", got)
	}
}

// However a partner writes what it echoes, nothing of it shows.
// Wherever a value stands in a document, an echo of it shows nothing.
func TestMaskLeavesNoValueOfADocument(t *testing.T) {
	t.Parallel()
	places := []string{`{"A":%s}`, `{"X":{"Y":[1,%s]}}`, `{"A":{"Y":%s}}`, `{"E":[{"C":"1","M":%s}]}`, `{"E":[%s]}`, `{"E":[[{"C":%s}]]}`,
		`{"E":[{"Z":{"M":%s}}]}`, `{"E":{"C":%s}}`, `[%s]`, `%s`}
	spec := Spec{Fields: []Field{{Path: "A", Column: "a"}},
		Children: []Children{{Path: "E", Key: "C", Fields: []Field{{Path: "C", Column: "c"}, {Path: "M", Column: "m"}}}}}
	rapid.Check(t, func(t *rapid.T) {
		value := "x" + rapid.String().Draw(t, "value") + "yz" // longer than what says too little to be masked
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		document := fmt.Sprintf(rapid.SampledFrom(places).Draw(t, "place"), text)
		if got := spec.Mask([]byte(document), "refused: "+value, ""); strings.Contains(got, value) {
			t.Fatalf("%s: %q shows %q", document, got, value)
		}
	})
}

func TestMaskOfOtherSpellings(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "Matricule", Column: "m"}, {Path: "Nom", Column: "n"}, {Path: "Ne", Column: "d"},
		{Path: "Iban", Column: "i"}, {Path: "Nir", Column: "s"}, {Path: "Salaire", Column: "p"}, {Path: "Rue", Column: "r"}}}
	const document = `{"Matricule":"00042","Nom":"Léa D'Aubigné","Ne":"1985-05-07","Iban":"FR7630006000011234567890189","Nir":"285057899900116","Salaire":1234.50,"Rue":"4 allée du Bac"}`
	for _, value := range []string{
		"FR76 3000 6000 0112 3456 7890 189", "fr76\u00a030006\u202f00001\u200912345678901\u00a089", "30006 00001 12345678901 89",
		"30006.00001.12345678901.89",
		"30006 - 00001 - 12345678901 - 89", "FR76-3000-6000-0112-3456-7890-189", "FR%37%36+3000+6000+0112", "FR76\u200b30006000011234567890189",
		"2 85 05 78 999 001 16", "2850578999001", "2.85.05.78.999.001", "285057899900116", "&#50;85057899900116", "%32%38%35%30%35%37%38999",
		"1 234,50", "1\u00a0234,5", "1\u202f234.50", "1,234.50", "1.234,50", "1234.5", "1234,500", "01234.50", "1'234.50", "123450", "+1234.50 €",
		"07/05/1985", "07-05-1985", "7.5.1985", "05/07/1985", "5/7/1985", "1985/05/07", "1985.5.7", "19850507", "07051985", "07/05/85", "070585",
		"850507", "07 05 1985",
		"7 mai 1985", "07 MAI 1985", "7-May-1985", "May 7, 1985", "7 mai 85", "1985-05-07T00:00:00",
		"L%c3%a9a D%27Aubign%C3%A9", "L%E9a D%27Aubign%e9", "L&eacute;a D&#39;Aubign&#xE9;", "L&amp;eacute;a D&amp;#039;Aubign&amp;eacute;",
		`L\u00e9a D\u0027Aubign\u00E9`,
		"L%25c3%25a9a+D%2527Aubign%25C3%25A9", "LÉA D’AUBIGNÉ", "Léa_D'Aubigné", "LéaDAubigné", "ＬéａD'Aubigné",
		"LEA D'AUBIGNE", "Lea D Aubigne", "Le\u0301a D'Aubigne\u0301", "LÃ©a D'AubignÃ©", "L\xe9a D'Aubign\xe9", `L\xe9a D\x27Aubign\xc3\xa9`,
		"L\xc3\xa9a D'Aubign\xc3\xa9",
		base64.RawStdEncoding.EncodeToString([]byte(document)), base64.RawURLEncoding.EncodeToString([]byte("285057899900116")),
		hex.EncodeToString([]byte("Léa D'Aubigné")),
		base64.RawStdEncoding.EncodeToString([]byte("{\r\n\t\"Nom\": \"Léa D'Aubigné\"\r\n}")),
		base64.RawStdEncoding.EncodeToString([]byte("L\xe9a D'Aubign\xe9")),
		base64.RawStdEncoding.EncodeToString(inUTF16("Léa D'Aubigné", binary.LittleEndian)),
		base64.RawStdEncoding.EncodeToString(inUTF16("285057899900116", binary.BigEndian)),
		hex.EncodeToString(inUTF16("Léa D'Aubigné", binary.LittleEndian)),
		"L%u00E9a D%u0027Aubign%u00e9", `L\u{e9}a D\u{27}Aubign\u{E9}`, `L\303\251a D'Aubign\303\251`, "%25u004C%25u00E9a D'Aubigné",
		"4 ALLÉE DU BAC", "4 ALLEE DU BAC", "4,allée-du-bac", "4%20all%C3%A9e%20du%20Bac",
	} {
		for _, message := range []string{"Refus : " + value + " pour 00042.", "x=" + value + "&m=00042", "(" + value + ")"} {
			got := spec.Mask([]byte(document), message, "00042")
			if plain := strings.NewReplacer(privacy.Masked, "", "Refus", "", "pour", "", "00042", "", "x=", "", "&m=", "", "FR", "", "fr", "",
				"T00:00:00", "").Replace(got); strings.Trim(plain, " :.&()+€-',") != "" {
				t.Errorf("%q is masked as %q", message, got)
			}
			if strings.Contains(message, "00042") && !strings.Contains(got, "00042") {
				t.Errorf("%q is masked as %q, without the key", message, got)
			}
		}
	}
}

func inUTF16(text string, order binary.AppendByteOrder) (bytes []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		bytes = order.AppendUint16(bytes, unit)
	}
	return bytes
}

// What is nobody's stays, so that the message helps.
func TestMaskKeepsWhatHelps(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "Matricule", Column: "m"}, {Path: "Montant", Column: "p"}, {Path: "Ne", Column: "d"}}}
	document := []byte(`{"Matricule":"00042","Montant":120.00,"Ne":"1985-05-17"}`)
	for message, want := range map[string]string{
		"Le champ Montant doit être compris entre 0 et 9999,99.": "",
		"Erreur E1042, ligne 12, colonne 7":                      "",
		"Période 2026-11 close ; matricule 00042 refusé (400)":   "",
		"100 % des champs, 3/4 valides, version 2.1.0":           "",
		"L&#39;&eacute;l&#233;ment n&#176;3 est refus&eacute;":   "L'élément n°3 est refusé",
		"100%25 sûr":             "100% sûr",
		`\ud83d\ude00 \u{1f600}`: "😀 😀",
		"fichier C:\\temp\\100 ; RENDEZVOUSDESEMPLOYEURS12": "",
		"a%00b\u001b[31mc\u202e":                            "a b [31mc",
		"appelez le 06 12 34 56 78":                         "appelez le •••",
		"00042 2026-11":                                     "",
	} {
		if want == "" {
			want = message
		}
		if got := spec.Mask(document, message, "00042"); got != want {
			t.Errorf("%q is masked as %q, want %q", message, got, want)
		}
	}
}

// A message that was cut shows no beginning of a value.
func TestMaskOfACutMessage(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "Nom", Column: "n"}}}
	message := strings.Repeat("refus ", 400) + "Dupont-Mar"
	if got := spec.Mask([]byte(`{"Nom":"Dupont-Martin"}`), message, ""); !strings.HasSuffix(got, "refus "+privacy.Masked) {
		t.Errorf("masked as …%q", got[len(got)-20:])
	}
}

// No message takes long, whatever a partner puts into it.
func TestMaskIsQuick(t *testing.T) {
	t.Parallel()
	spec := Spec{Fields: []Field{{Path: "A", Column: "a"}}}
	document := []byte(`{"A":"` + strings.Repeat("ab1 ", 200) + `","B":["1985-05-17",1234.5,"FR7630006000011234567890189"]}`)
	for _, message := range []string{strings.Repeat("%25", 700), strings.Repeat("&amp;", 400), strings.Repeat("1 ", 1000),
		strings.Repeat("12.", 700), strings.Repeat("FR76 ", 400), strings.Repeat("ab1 ", 500), strings.Repeat(`\\u005c`, 300),
		strings.Repeat("%2", 1000)} {
		started := time.Now()
		if spec.Mask(document, message, "1"); time.Since(started) > 5*time.Second {
			t.Errorf("%.20q took %v", message, time.Since(started))
		}
	}
}
