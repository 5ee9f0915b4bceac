package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Entry is one code of a nomenclature. Its JSON is that of the control routes, and of the Dictionnaire of "isidoor" (assumed shape).
type Entry struct {
	Nom     string `json:"Nom"`
	Code    string `json:"Code"`
	Libelle string `json:"Libelle"`
	Actif   bool   `json:"Actif"`
}

type entryKey struct{ nom, code string }

// nomenclatures are read by every Salarie call and changed rarely: a change makes a new map.
type nomenclatures struct {
	changing sync.Mutex
	entries  atomic.Pointer[map[entryKey]Entry]
}

func (n *nomenclatures) replace(list []Entry) {
	n.changing.Lock()
	defer n.changing.Unlock()
	entries := make(map[entryKey]Entry, len(list))
	for _, e := range list {
		entries[entryKey{e.Nom, e.Code}] = e
	}
	n.entries.Store(&entries)
}

func (n *nomenclatures) change(edit func(map[entryKey]Entry)) {
	n.changing.Lock()
	defer n.changing.Unlock()
	entries := maps.Clone(*n.entries.Load())
	edit(entries)
	n.entries.Store(&entries)
}

func (n *nomenclatures) active(nom, code string) bool {
	return (*n.entries.Load())[entryKey{nom, code}].Actif
}

func (n *nomenclatures) list() []Entry {
	list := slices.AppendSeq([]Entry{}, maps.Values(*n.entries.Load()))
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Nom, b.Nom), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// SetEntry adds a code to a nomenclature or changes it. A code that is not active is refused in a Salarie.
func (s *Sandbox) SetEntry(e Entry) {
	s.nomenclatures.change(func(m map[entryKey]Entry) { m[entryKey{e.Nom, e.Code}] = e })
}

// RemoveEntry takes a code out of its nomenclature altogether.
func (s *Sandbox) RemoveEntry(nom, code string) {
	s.nomenclatures.change(func(m map[entryKey]Entry) { delete(m, entryKey{nom, code}) })
}
