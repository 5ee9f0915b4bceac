package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
)

// dossier keeps what one association delivered: one document of each employee and period.
type dossier struct {
	Dossier
	mu        sync.Mutex
	documents map[documentKey]*stored
}

type documentKey struct{ period, matricule string }

type stored struct {
	received []byte // the last delivery, exactly as it came
	document []byte // what is held: the same, unless elements were added to others, or somebody edited it
	sequence []int64
	repeats  int
}

// Received is the document of one employee and period, and how often one came.
type Received struct {
	Period     string          `json:"period"`
	Matricule  string          `json:"matricule"`
	Deliveries int             `json:"deliveries"`
	Repeats    int             `json:"repeats"`            // deliveries that were byte for byte the one before
	Sequence   []int64         `json:"sequence"`           // numbers of its deliveries among all that the sandbox stored, from 1
	SHA256     string          `json:"sha256"`             // hex, of the document
	Document   json.RawMessage `json:"document,omitempty"` // as received, unless elements were added to others, or somebody edited it
}

func newDossier(d Dossier) *dossier {
	return &dossier{Dossier: d, documents: map[documentKey]*stored{}}
}

func (d *dossier) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.documents)
}

// store takes a delivery, which the caller no longer touches.
func (s *Sandbox) store(d *dossier, key documentKey, document []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	entry := d.documents[key]
	isNew := entry == nil
	if isNew {
		entry = &stored{}
		d.documents[key] = entry
	}
	isRepeat := bytes.Equal(entry.received, document)
	if isRepeat {
		entry.repeats++
	}
	entry.received = document
	if s.config.Append && !isNew {
		document = s.profile.appendElements(entry.document, document)
	}
	entry.document = document
	entry.sequence = append(entry.sequence, s.stats.delivered(isNew, isRepeat))
}

// appendElements is the newer document with the elements of the older one before its own.
func (p *profile) appendElements(older, newer []byte) []byte {
	merged := parseMembers(newer)
	all := append([]json.RawMessage{}, p.elementsOf(parseMembers(older))...) // never null
	merged[p.elements] = mustJSON(append(all, p.elementsOf(merged)...))
	return mustJSON(merged)
}

// elementsOf gives the elements of a document, which was checked when it was stored, as they were written.
func (p *profile) elementsOf(document members) (elements []json.RawMessage) {
	if list := document[p.elements]; list != nil {
		if err := json.Unmarshal(list, &elements); err != nil {
			panic("sandbox: the elements of a stored document are not an array")
		}
	}
	return elements
}

// Received lists what arrived for the dossier of that name, by period and matricule; nil for an unknown name.
func (s *Sandbox) Received(name string) []Received {
	d := s.dossierNamed(name)
	if d == nil {
		return nil
	}
	list := d.received()
	slices.SortFunc(list, func(a, b Received) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Matricule, b.Matricule))
	})
	return list
}

func (d *dossier) received() []Received {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Received, 0, len(d.documents))
	for key, entry := range d.documents {
		sum := sha256.Sum256(entry.document)
		list = append(list, Received{
			Period:     key.period,
			Matricule:  key.matricule,
			Deliveries: len(entry.sequence),
			Repeats:    entry.repeats,
			Sequence:   slices.Clone(entry.sequence),
			SHA256:     hex.EncodeToString(sum[:]),
			Document:   entry.document,
		})
	}
	return list
}

func (s *Sandbox) dossierNamed(name string) *dossier {
	for _, d := range s.dossiers {
		if d.Name == name {
			return d
		}
	}
	return nil
}
