package e2e

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"syncd/internal/jobs"
)

// person is an employee of staging; it does not change any more once it is there.
type person struct {
	name     string // "" = NULL, which blocks
	rev      int
	iban     string // whose change is held
	nir      string // that nobody else may have
	twice    bool   // two rows, which block
	elements map[jobs.Period][]line
}

// rows are those that staging has of them.
func (p *person) rows() int {
	if p.twice {
		return 2
	}
	return 1
}

// blocked tells that nothing of them can be sent.
func (p *person) blocked() bool { return p.name == "" || p.twice }

// edit changes, adds or removes an employee, or takes changes back. Each change has a new revision, so that an older
// document can be told.
func (h *history) edit(matricule string) {
	h.edits++
	old := h.staff[matricule]
	switch one(h, "edit", []string{"change", "change", "change", "take back", "take back", "take back", "remove"}) {
	case "remove":
		delete(h.staff, matricule)
		delete(h.ghosts, matricule)
		if old != nil && h.oneIn(3, "elements stay") {
			h.ghosts[matricule] = old
		}
		return
	case "take back":
		if past := h.past[matricule]; len(past) > 1 {
			h.put(matricule, past[len(past)-2])
			return
		}
	}
	h.put(matricule, h.changed(matricule, old))
}

func (h *history) put(matricule string, p *person) {
	h.staff[matricule] = p
	delete(h.ghosts, matricule)
	h.past[matricule] = append(h.past[matricule], p)
	h.api.since[p.rev] = h.edits
}

// changed is a person with another name and other elements of one month, and now and then with what must be confirmed.
func (h *history) changed(matricule string, old *person) *person {
	p := &person{rev: h.edits, name: fmt.Sprintf("N%d", h.edits), iban: "FR" + matricule, nir: "1" + matricule,
		elements: map[jobs.Period][]line{}}
	if old != nil {
		p.iban, p.nir = old.iban, old.nir
		maps.Copy(p.elements, old.elements)
	}
	switch h.below(32, "oddity") {
	case 1:
		p.name = ""
	case 2, 3, 4:
		p.iban = fmt.Sprintf("FR%d", h.edits)
	case 5, 6:
		p.nir = "1" + one(h, "nir", matricules)
	case 7:
		p.twice = true
	}
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) line {
		return line{rapid.SampledFrom([]string{"A", "B"}).Draw(t, "code"), rapid.SampledFrom([]int{1, 2, 2, 3, 3, 30}).Draw(t, "amount")}
	}), 0, 3)
	p.elements[one(h, "month", months)] = lines.Draw(h.T, "elements")
	return p
}

// save writes staging anew.
func (h *history) save() {
	batch := &pgx.Batch{}
	batch.Queue("DELETE FROM staff")
	batch.Queue("DELETE FROM pay")
	for m, p := range h.staff {
		var name *string
		if p.name != "" {
			name = &p.name
		}
		for range p.rows() {
			batch.Queue("INSERT INTO staff VALUES ($1, $2, $3, $4, $5)", m, name, p.rev, p.iban, p.nir)
		}
		p.pay(m, batch)
	}
	for m, p := range h.ghosts {
		p.pay(m, batch)
	}
	h.must(h.conn.SendBatch(context.Background(), batch).Close())
}

func (p *person) pay(matricule string, batch *pgx.Batch) {
	for month, lines := range p.elements {
		for _, l := range lines {
			batch.Queue("INSERT INTO pay VALUES ($1, $2, $3, $4)", matricule, string(month), l.Code, l.Montant)
		}
	}
}
