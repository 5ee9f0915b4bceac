package standin

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/sandbox"
)

// search is the body of a search. No member is required (D).
type search struct {
	TypeFacture string `json:"typeFacture"`
	DepotDu     string `json:"periodeDateDepotDu"`
	DepotAu     string `json:"periodeDateDepotAu"`
	EtatDu      string `json:"periodeDateHeureEtatCourantDu"`
	EtatAu      string `json:"periodeDateHeureEtatCourantAu"`
	Paging      struct {
		Page   int    `json:"pageResultatDemandee"`
		Size   int    `json:"nbResultatsParPage"`
		Order  string `json:"triSens"`
		Column string `json:"triColonne"`
	} `json:"rechercheFactureParFournisseur"`
}

const (
	defaultSize = 10  // D
	mostSize    = 500 // A
)

// columns are those that one can sort by (D; there are more), with the member that they stand for.
var columns = map[string]string{"NumeroFacture": "numeroFacture", "DateDepot": "dateDepot", "TypeFacture": "typeFacture"}

// refusal is a code inside a 200. Which codes there are is assumed.
func refusal(code int, words string) *sandbox.Answer {
	return sandbox.JSON(map[string]any{"codeRetour": code, "libelle": words})
}

func (s *Sandbox) serveSearch(c sandbox.Call) *sandbox.Answer {
	if c.Request.Method != http.MethodPost {
		return message(http.StatusMethodNotAllowed, "Method not allowed")
	}
	d, denied := s.account(c)
	if denied != nil {
		return denied
	}
	var asked search
	if err := json.Unmarshal(c.Body, &asked); err != nil {
		return refusal(20000, "Le corps de la requête n'est pas un objet JSON.")
	}
	p := &asked.Paging
	p.Page, p.Size, p.Column = max(p.Page, 1), cmp.Or(p.Size, defaultSize), cmp.Or(p.Column, "DateDepot")
	switch {
	case columns[p.Column] == "":
		return refusal(20003, "La colonne de tri n'est pas connue.")
	case p.Size < 1 || p.Size > mostSize:
		return refusal(20004, "Le nombre de résultats par page n'est pas admis.")
	case s.On(refuseInside) && p.Page >= 4:
		return refusal(20001, "Erreur technique pour M. EXEMPLE Camille, compte FR7630006000011234567890189")
	case s.On(echo):
		p.Page = 1
	}
	found, ok := s.find(d, &asked)
	if !ok {
		return refusal(20002, "Une date n'est pas au format attendu.")
	}
	return s.page(d, found, p.Page, p.Size)
}

// found is what a search found in the invoices of a dossier as they were then.
type found struct {
	asked   search
	dossier string
	version int
	list    []sandbox.Record
}

// find gives the invoices within the periods asked for, in the order asked for.
func (s *Sandbox) find(d *sandbox.Dossier, asked *search) (list []sandbox.Record, ok bool) {
	this := found{asked: *asked, dossier: d.Name, version: s.Invoices(d.Name).Version()}
	this.asked.Paging.Page, this.asked.Paging.Size = 0, 0
	moves := s.On(ties) || s.On(foreign)
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if !moves && last.list != nil && last.asked == this.asked && last.dossier == this.dossier && last.version == this.version {
		return last.list, true
	}
	if this.list, ok = s.search(d, asked); ok && !moves {
		s.mu.Lock()
		s.last = this
		s.mu.Unlock()
	}
	return this.list, ok
}

func (s *Sandbox) search(d *sandbox.Dossier, asked *search) (found []sandbox.Record, ok bool) {
	all := s.Invoices(d.Name).All()
	if s.On(foreign) {
		now := s.config.Now()
		for i := range 7 {
			all = append(all, invoice(OtherSiret, int64(500+i), i, now.AddDate(0, 0, -5*i-1)))
		}
	}
	for _, name := range []string{asked.DepotDu, asked.DepotAu, asked.EtatDu, asked.EtatAu} {
		if _, valid := dayOf(name); name != "" && !valid {
			return nil, false
		}
	}
	for _, one := range all {
		text := func(member string) string { value, _ := one.Members[member].(string); return value }
		if within(text("dateDepot"), asked.DepotDu, asked.DepotAu) && within(text("dateHeureEtatCourant"), asked.EtatDu, asked.EtatAu) &&
			(asked.TypeFacture == "" || asked.TypeFacture == text("typeFacture")) {
			found = append(found, one)
		}
	}
	s.sort(found, columns[asked.Paging.Column], strings.HasPrefix(asked.Paging.Order, "Desc"))
	return found, true
}

// dayOf is the day of an ISO date or date-time.
func dayOf(text string) (day time.Time, ok bool) {
	day, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	return day, err == nil
}

func within(text, from, to string) bool {
	if from == "" && to == "" {
		return true
	}
	day, ok := dayOf(text)
	first, limited := dayOf(from)
	last, ends := dayOf(to)
	return ok && (!limited || !day.Before(first)) && (!ends || !day.After(last))
}

// sort sorts by a column. With the fault ties it sorts by the day of deposit alone, and anew each time within a day.
func (s *Sandbox) sort(list []sandbox.Record, column string, descending bool) {
	rank := func(int) uint64 { return 0 }
	if s.On(ties) {
		s.mu.Lock()
		s.drawn++
		salt := s.drawn
		s.mu.Unlock()
		column = "dateDepot"
		rank = func(i int) uint64 { return (uint64(i) + salt*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9 >> 7 }
	}
	type ranked struct {
		record sandbox.Record
		value  string
		rank   uint64
	}
	order := make([]ranked, len(list))
	for i, one := range list {
		value, _ := one.Members[column].(string)
		order[i] = ranked{one, value, rank(i)}
	}
	slices.SortStableFunc(order, func(a, b ranked) int {
		by := cmp.Compare(a.value, b.value)
		if descending {
			by = -by
		}
		return cmp.Or(by, cmp.Compare(a.rank, b.rank))
	})
	for i := range order {
		list[i] = order[i].record
	}
}

// page answers one page, and lets happen between pages what the faults say.
func (s *Sandbox) page(d *sandbox.Dossier, found []sandbox.Record, page, size int) *sandbox.Answer {
	from, to := min((page-1)*size, len(found)), min(page*size, len(found))
	shown := found[from:to]
	if page == 1 && s.On(nul) {
		shown = sandbox.Spoil(shown, "commentaireEtatCourant")
	}
	if page == 1 && s.On(huge) {
		shown = sandbox.Swell(shown, "commentaireEtatCourant")
	}
	answer := map[string]any{
		"codeRetour": 0, "libelle": "GDU_MSG_00.000",
		"listeFactures": sandbox.MembersOf(shown),
		"parametresRetour": map[string]any{"pageCourante": page, "pages": (len(found) + size - 1) / size, "nbResultatsParPage": size,
			"total": len(found)},
	}
	if s.On(null) {
		answer["listeFactures"] = nil
	}
	if len(shown) > 0 {
		s.between(d, shown[0].Key)
	}
	return sandbox.JSON(answer)
}

// mostDeleted is how many invoices the fault delete-between takes in all, so that a later walk can be a quiet one.
const mostDeleted = 3

// between changes what was just shown, before the next page is asked for.
func (s *Sandbox) between(d *sandbox.Dossier, key string) {
	if s.On(updateBetween) {
		s.Invoices(d.Name).Edit(key, map[string]any{"statut": "MISE_EN_PAIEMENT", "dateHeureEtatCourant": s.config.Now().Format(moment),
			"commentaireEtatCourant": "vu " + strconv.FormatInt(s.config.Now().UnixNano(), 36)})
	}
	if !s.On(deleteBetween) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted < mostDeleted && s.Invoices(d.Name).Remove(key) {
		s.deleted++
	}
}
