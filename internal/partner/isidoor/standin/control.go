package standin

import (
	"net/http"

	"syncd/internal/hinted"
	"syncd/internal/sandbox"
)

// controlRoutes are those of this stand-in, beside those of every one.
//
//	GET    /sandbox/received?dossier=NAME[&documents=no]
//	POST   /sandbox/dictionary   {"Nom": …, "Code": …, "Libelle": …, "Actif": true}: adds or changes a code
//	DELETE /sandbox/dictionary   {"Nom": …, "Code": …}: removes it
//	POST   /sandbox/document     {"dossier": …, "matricule": …, "period": …, "members": {"Iban": …}}: edits it
//	DELETE /sandbox/document     {"dossier": …, "matricule": …, "period": …}: removes it
//	GET    /sandbox/contract     the stand-in's own, also when it serves another
func (s *Sandbox) controlRoutes() {
	s.Control("GET /sandbox/received", s.showReceived)
	s.Control("POST /sandbox/dictionary", s.changeEntry)
	s.Control("DELETE /sandbox/dictionary", s.removeEntry)
	s.Control("POST /sandbox/document", s.changeDocument(s.Edit))
	s.Control("DELETE /sandbox/document", s.changeDocument(s.Delete))
	s.Control("GET /sandbox/contract", s.showContract)
}

func (s *Sandbox) showReceived(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("dossier")
	if s.dossierNamed(name) == nil {
		sandbox.Refuse(w, http.StatusNotFound, hinted.Because(nil, "sandbox.nothing-received"))
		return
	}
	list := sandbox.ReceivedList{Dossier: name, Received: s.Received(name)}
	list.Documents = len(list.Received)
	for i := range list.Received {
		list.Deliveries += list.Received[i].Deliveries
		if r.URL.Query().Get("documents") == "no" {
			list.Received[i].Document = nil
		}
	}
	sandbox.Show(w, list)
}

func (s *Sandbox) changeEntry(w http.ResponseWriter, r *http.Request) {
	var entry Entry
	if readEntry(w, r, &entry) {
		s.SetEntry(entry)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) removeEntry(w http.ResponseWriter, r *http.Request) {
	var entry Entry
	if readEntry(w, r, &entry) {
		s.RemoveEntry(entry.Nom, entry.Code)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) changeDocument(change func(sandbox.Edit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var edit sandbox.Edit
		if !sandbox.Read(w, r, &edit) {
			return
		}
		if err := change(edit); err != nil {
			sandbox.Refuse(w, http.StatusBadRequest, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func readEntry(w http.ResponseWriter, r *http.Request, entry *Entry) bool {
	if !sandbox.Read(w, r, entry) {
		return false
	}
	if entry.Nom == "" || entry.Code == "" {
		sandbox.Refuse(w, http.StatusBadRequest, hinted.Because(nil, "sandbox.no-code"))
		return false
	}
	return true
}
