package standin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"syncd/internal/sandbox"
)

// Collection is the one that the stand-in has.
const Collection = "factures"

// OtherSiret is of a structure that is no dossier of anybody's: made up, with a right check digit.
const OtherSiret = "99999999900017"

// moment is how the stand-in writes times: with an offset, as the newer specification (D).
const moment = "2006-01-02T15:04:05.000-07:00"

var (
	types  = []string{"FACTURE", "FACTURE", "FACTURE", "AVOIR", "ACOMPTE"}
	states = []string{"DEPOSEE", "MISE_A_DISPOSITION", "MANDATEE", "MISE_EN_PAIEMENT", "SUSPENDUE", "ABANDONNEE"}
)

// invoices makes up those of a dossier: of all three types, deposited over the last hundred days, some a day.
func (s *Sandbox) invoices(d sandbox.Dossier) map[string][]sandbox.Record {
	now := s.config.Now()
	list := make([]sandbox.Record, s.config.Invoices)
	for i := range list {
		deposited := now.AddDate(0, 0, -1-(i*97)%100)
		list[i] = invoice(d.Siret, int64(9_007_199_254_740_993)+int64(i), i, deposited) // beyond what a float can tell apart
	}
	return map[string][]sandbox.Record{Collection: list}
}

func invoice(siret string, id int64, i int, deposited time.Time) sandbox.Record {
	net := 125_000 + i*101 // cents
	changed := deposited.Add(time.Duration(i%24) * time.Hour)
	return sandbox.Record{Key: strconv.FormatInt(id, 10), Members: map[string]any{
		// documented (D)
		"identifiantFactureCPP":  json.Number(strconv.FormatInt(id, 10)),
		"numeroFacture":          fmt.Sprintf("F%05d", i),
		"typeFacture":            types[i%len(types)],
		"codeFournisseur":        siret,
		"dateDepot":              deposited.Format(time.DateOnly),
		"statut":                 states[i%len(states)],
		"dateHeureEtatCourant":   changed.Format(moment),
		"commentaireEtatCourant": nil,
		"montantHT":              cents(net),
		"montantTTC":             cents(net + net/5),
		"montantAPayer":          cents(net + net/5),
		"coordBancairesFournisseurCompteBancaire": "FR7630006000011234567890189",
		"nomPrenomUtilisateurCreateur":            "EXEMPLE Camille",
		"nomValideur1":                            "EXEMPLE",
		"prenomValideur1":                         "Dominique",
		// assumed (A)
		"designationDestinataire": "COMMUNE DE L'EXEMPLE",
		"devise":                  "EUR",
	}}
}

// cents is an amount with both its decimals, as Chorus Pro writes it.
func cents(n int) json.Number { return json.Number(fmt.Sprintf("%d.%02d", n/100, n%100)) }
