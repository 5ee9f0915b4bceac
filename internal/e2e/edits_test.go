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
	elements map[jobs.Period][]line
}

// edit changes, adds or removes an employee, or takes changes back. Each change has a new revision, so that an older
// document can be told.
func (h *history) edit(matricule string) {
	h.edits++
	old := h.staff[matricule]
	switch rapid.SampledFrom([]string{"change", "change", "change", "take back", "take back", "take back", "remove"}).Draw(h.T, "edit") {
	case "remove":
		delete(h.staff, matricule)
		return
	case "take back":
		if past := h.past[matricule]; len(past) > 1 {
			h.put(matricule, past[len(past)-2])
			return
		}
	}
	h.put(matricule, h.changed(old))
}

func (h *history) put(matricule string, p *person) {
	h.staff[matricule] = p
	h.past[matricule] = append(h.past[matricule], p)
	h.api.since[p.rev] = h.edits
}

// changed is a person with another name and other elements of one month.
func (h *history) changed(old *person) *person {
	p := &person{rev: h.edits, name: fmt.Sprintf("N%d", h.edits), elements: map[jobs.Period][]line{}}
	if old != nil {
		maps.Copy(p.elements, old.elements)
	}
	if rapid.IntRange(0, 9).Draw(h.T, "nameless") == 0 {
		p.name = ""
	}
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) line {
		return line{rapid.SampledFrom([]string{"A", "B"}).Draw(t, "code"), rapid.IntRange(1, 3).Draw(t, "amount")}
	}), 0, 3)
	p.elements[rapid.SampledFrom(months).Draw(h.T, "month")] = lines.Draw(h.T, "elements")
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
		batch.Queue("INSERT INTO staff VALUES ($1, $2, $3)", m, name, p.rev)
		for month, lines := range p.elements {
			for _, l := range lines {
				batch.Queue("INSERT INTO pay VALUES ($1, $2, $3, $4)", m, string(month), l.Code, l.Montant)
			}
		}
	}
	h.must(h.conn.SendBatch(context.Background(), batch).Close())
}
