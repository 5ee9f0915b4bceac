package standin

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"syncd/internal/sandbox"
)

// list is a call that reads.
func (s *Sandbox) list(who func(sandbox.Call) (*sandbox.Dossier, *sandbox.Answer),
	serve func(*sandbox.Dossier, sandbox.Call) *sandbox.Answer) func(sandbox.Call) *sandbox.Answer {
	return func(c sandbox.Call) *sandbox.Answer {
		if c.Request.Method != http.MethodGet {
			return message(http.StatusMethodNotAllowed, "Method Not Allowed")
		}
		d, refusal := who(c)
		switch {
		case refusal != nil:
			return refusal
		case s.On(null):
			return sandbox.JSON(nil)
		}
		return serve(d, c)
	}
}

// The collections.
const (
	Sheets     = "fiches"
	Favourites = "favoris"
)

// OtherSiret is of an establishment that is no dossier of anybody's: made up, with a right check digit.
const OtherSiret = "99999999900017"

func (s *Sandbox) records(d sandbox.Dossier) map[string][]sandbox.Record {
	all := map[string][]sandbox.Record{}
	for i := range s.config.Sheets {
		all[Sheets] = append(all[Sheets], sheet(d.Siret, 1000+i))
	}
	for i := range 3 {
		key := fmt.Sprintf("f-%d", i)
		all[Favourites] = append(all[Favourites], sandbox.Record{Key: key, Members: map[string]any{"id": key, "libelle": "Favori " + key}})
	}
	return all
}

func sheet(siret string, n int) sandbox.Record {
	return sandbox.Record{Key: strconv.Itoa(n), Members: map[string]any{
		"id": json.Number(strconv.Itoa(n)), "siret": siret, "nom": fmt.Sprintf("Activité %d", n),
		"tarif":    json.Number(fmt.Sprintf("%d.50", n%40)),
		"misAJour": time.Date(2026, 1, 1+n%28, 8, 0, 0, 0, time.UTC).Format(time.RFC3339), "description": nil,
	}}
}

func (s *Sandbox) serveStatus(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return sandbox.JSON([]any{map[string]any{"id": "api", "etat": "ok"}})
}

func (s *Sandbox) serveTopics(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return sandbox.JSON([]any{map[string]any{"id": "ecole", "libelle": "Écoles"}, map[string]any{"id": "cantine", "libelle": "Cantines"}})
}

func (s *Sandbox) serveAll(collection string) func(*sandbox.Dossier, sandbox.Call) *sandbox.Answer {
	return func(d *sandbox.Dossier, _ sandbox.Call) *sandbox.Answer {
		return sandbox.JSON(sandbox.MembersOf(s.Records(d.Name, collection).All()))
	}
}

// serveSheets lists those of a dossier: all, or a page with the total beside it.
func (s *Sandbox) serveSheets(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	list := s.Records(d.Name, Sheets).All()
	if s.On(foreign) {
		list = append(list, sheet(OtherSiret, 9999))
	}
	if s.On(nul) {
		list = sandbox.Spoil(list, "description")
	}
	if s.On(huge) {
		list = sandbox.Swell(list, "description")
	}
	query := c.Request.URL.Query()
	if !query.Has("page") {
		return sandbox.JSON(sandbox.MembersOf(list))
	}
	page, err := strconv.Atoi(query.Get("page"))
	size, sizeErr := strconv.Atoi(strings.TrimSpace(query.Get("size")))
	if err := errors.Join(err, sizeErr); err != nil || page < 1 || size < 1 || size > 100 {
		return message(http.StatusBadRequest, "page from 1, size from 1 to 100")
	}
	if s.On(echo) {
		page = 1
	}
	shown := list[min((page-1)*size, len(list)):min(page*size, len(list))]
	if len(shown) > 0 {
		s.between(d, shown[0].Key)
	}
	return sandbox.JSON(map[string]any{"fiches": sandbox.MembersOf(shown), "page": page, "pages": (len(list) + size - 1) / size,
		"total": len(list)})
}

// mostDeleted is how many sheets the fault delete-between takes in all, so that a later walk can be a quiet one.
const mostDeleted = 3

// between changes what was just shown, before the next page is asked for.
func (s *Sandbox) between(d *sandbox.Dossier, key string) {
	if s.On(updateBetween) {
		s.Records(d.Name, Sheets).Edit(key, map[string]any{"description": "vu " + rand.Text()})
	}
	if !s.On(deleteBetween) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted < mostDeleted && s.Records(d.Name, Sheets).Remove(key) {
		s.deleted++
	}
}
