package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"syncd/internal/hinted"
)

// Record is one made-up record of a partner that is read from.
type Record struct {
	Key     string         `json:"key"`
	Members map[string]any `json:"members"` // never changed in place. Amounts are json.Number, so that their text is kept
	Seen    bool           `json:"seen"`    // it was marked as seen
	Marks   int            `json:"marks"`   // how often
}

// Records are those of one collection and dossier, in the order in which they came to be. They are safe for concurrent use.
type Records struct {
	mu      sync.Mutex
	list    []Record
	version int // counts changes
}

// Version counts what was changed: while it stays, All gives the same.
func (r *Records) Version() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}

// All are all of them, copied.
func (r *Records) All() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// Find is the record of a key.
func (r *Records) Find(key string) (Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.at(key); i >= 0 {
		return r.list[i], true
	}
	return Record{}, false
}

// Add puts a record behind the others.
func (r *Records) Add(record Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record)
	r.version++
}

// Remove takes a record away; false = there is none of this key.
func (r *Records) Remove(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.at(key)
	if i >= 0 {
		r.list = slices.Delete(r.list, i, i+1)
		r.version++
	}
	return i >= 0
}

// Edit gives a record other values; nil takes a member away. false = there is none of this key.
func (r *Records) Edit(key string, members map[string]any) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.at(key)
	if i < 0 {
		return false
	}
	edited := maps.Clone(r.list[i].Members)
	for name, value := range members {
		if edited[name] = value; value == nil {
			delete(edited, name)
		}
	}
	r.list[i].Members = edited
	r.version++
	return true
}

// Mark notes that a record was seen; false = there is none of this key.
func (r *Records) Mark(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.at(key)
	if i >= 0 {
		r.list[i].Seen = true
		r.version++
		r.list[i].Marks++
	}
	return i >= 0
}

func (r *Records) at(key string) int {
	return slices.IndexFunc(r.list, func(one Record) bool { return one.Key == key })
}

func (r *Records) replace(list []Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = list
	r.version++
}

// Kept is what the stand-in of a partner that is read from keeps: records by dossier and collection.
type Kept struct {
	fill func(Dossier) map[string][]Record
	of   map[Dossier]map[string]*Records // never changes
}

// Keep makes up the records of each dossier. fill gives those of a dossier by collection, the same each time.
func Keep(dossiers []Dossier, fill func(Dossier) map[string][]Record) *Kept {
	k := &Kept{fill: fill, of: map[Dossier]map[string]*Records{}}
	for _, d := range dossiers {
		k.of[d] = map[string]*Records{}
		for name, list := range fill(d) {
			k.of[d][name] = &Records{list: list}
		}
	}
	return k
}

// Reset makes the records those of the start.
func (k *Kept) Reset() {
	for d, collections := range k.of {
		for name, list := range k.fill(d) {
			collections[name].replace(list)
		}
	}
}

// Of are the records of a dossier, by its name, and collection; nil = there are none.
func (k *Kept) Of(dossier, collection string) *Records {
	for d, collections := range k.of {
		if d.Name == dossier {
			return collections[collection]
		}
	}
	return nil
}

// RecordEdit is what somebody changes at the partner's side.
type RecordEdit struct {
	Dossier    string          `json:"dossier"`
	Collection string          `json:"collection"`
	Key        string          `json:"key"`
	Members    json.RawMessage `json:"members"` // an object; null takes a member away
}

// ControlRecords adds the routes of who looks at the records, and changes them behind the back of who reads them.
//
//	GET    /sandbox/records?dossier=NAME&collection=NAME   with what was marked as seen, and how often
//	POST   /sandbox/record   {"dossier": …, "collection": …, "key": …, "members": {"statut": …}}: changes it, or adds it
//	DELETE /sandbox/record   {"dossier": …, "collection": …, "key": …}: takes it away
func (s *Server) ControlRecords(k *Kept) {
	s.Control("GET /sandbox/records", func(w http.ResponseWriter, r *http.Request) {
		records := k.asked(w, r.URL.Query().Get("dossier"), r.URL.Query().Get("collection"))
		if records != nil {
			Show(w, records.All())
		}
	})
	s.Control("POST /sandbox/record", k.change(func(records *Records, edit RecordEdit) bool {
		decoder := json.NewDecoder(bytes.NewReader(edit.Members))
		decoder.UseNumber()
		var members map[string]any
		if err := decoder.Decode(&members); err != nil {
			return false
		}
		if !records.Edit(edit.Key, members) {
			records.Add(Record{Key: edit.Key, Members: members})
		}
		return true
	}))
	s.Control("DELETE /sandbox/record", k.change(func(records *Records, edit RecordEdit) bool { return records.Remove(edit.Key) }))
}

func (k *Kept) change(change func(*Records, RecordEdit) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var edit RecordEdit
		if !Read(w, r, &edit) {
			return
		}
		records := k.asked(w, edit.Dossier, edit.Collection)
		if records == nil {
			return
		}
		if edit.Key == "" || !change(records, edit) {
			Refuse(w, http.StatusNotFound, hinted.Because(nil, "sandbox.no-such-record"))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// asked are the records of a control call; nil = there are none, and that was answered.
func (k *Kept) asked(w http.ResponseWriter, dossier, collection string) *Records {
	records := k.Of(dossier, collection)
	if records != nil {
		return records
	}
	Refuse(w, http.StatusNotFound, hinted.Because(nil, "sandbox.no-such-collection"))
	return nil
}

// HugeText is how long a text is that no record has any reason to contain, in bytes.
const HugeText = 5 << 20

// Spoil gives the first records values that JSON allows and databases refuse: a null character, half a pair of surrogates, and a
// number beyond all others.
func Spoil(list []Record, member string) []Record {
	return spoil(list, member, json.RawMessage(`"a\u0000b"`), json.RawMessage(`"\ud800"`), json.Number("1e200000"))
}

// Swell gives the first record a text of HugeText.
func Swell(list []Record, member string) []Record {
	return spoil(list, member, strings.Repeat("x", HugeText))
}

func spoil(list []Record, member string, values ...any) []Record {
	list = slices.Clone(list)
	for i := range min(len(list), len(values)) {
		list[i].Members = maps.Clone(list[i].Members)
		list[i].Members[member] = values[i]
	}
	return list
}

// MembersOf are the documents of records.
func MembersOf(list []Record) []any {
	documents := make([]any, len(list)) // never null
	for i := range list {
		documents[i] = list[i].Members
	}
	return documents
}
