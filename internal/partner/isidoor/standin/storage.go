package standin

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"syncd/internal/hinted"
	"syncd/internal/sandbox"
)

// dossier keeps what one association delivered: one document of each employee and period.
type dossier struct {
	sandbox.Dossier
	mu        sync.Mutex
	documents map[documentKey]*stored
}

type documentKey struct{ period, matricule string }

type stored struct {
	received []byte // the last delivery, exactly as it came
	document []byte // what is there: the same, unless elements were added to others, or somebody edited it
	sequence []int64
	repeats  int
}

func newDossier(d sandbox.Dossier) *dossier {
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
	entry.sequence = append(entry.sequence, s.Delivered(isNew, isRepeat))
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
func (s *Sandbox) Received(name string) []sandbox.Received {
	d := s.dossierNamed(name)
	if d == nil {
		return nil
	}
	list := d.received()
	slices.SortFunc(list, func(a, b sandbox.Received) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Matricule, b.Matricule))
	})
	return list
}

func (d *dossier) received() []sandbox.Received {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]sandbox.Received, 0, len(d.documents))
	for key, entry := range d.documents {
		sum := sha256.Sum256(entry.document)
		list = append(list, sandbox.Received{
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

// members are those of an object, their values untouched.
type members = map[string]json.RawMessage

// Edit changes members of a document that the sandbox contains. It counts as no delivery. An error is the caller's mistake.
func (s *Sandbox) Edit(e sandbox.Edit) error {
	if len(e.Members) == 0 {
		return hinted.Because(nil, "sandbox.nothing-changed")
	}
	return s.change(e, func(d *dossier, key documentKey) error {
		edited, err := s.profile.edit(d.documents[key].document, e.Members)
		if err != nil {
			return err
		}
		if err := s.checkEdited(edited); err != nil {
			return err
		}
		d.documents[key].document = edited
		return nil
	})
}

// Delete forgets a document that the sandbox contains, and its deliveries; the members of e are not used. An error is the
// caller's mistake.
func (s *Sandbox) Delete(e sandbox.Edit) error {
	return s.change(e, func(d *dossier, key documentKey) error {
		delete(d.documents, key)
		s.Deleted()
		return nil
	})
}

// change finds the document that e names, and has it changed under its lock.
func (s *Sandbox) change(e sandbox.Edit, how func(*dossier, documentKey) error) error {
	d := s.dossierNamed(e.Dossier)
	if d == nil {
		return hinted.Because(nil, "sandbox.no-dossier")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key, entry := d.find(e.Matricule, e.Period)
	if entry == nil {
		return hinted.Because(nil, "sandbox.no-document", "dossier", e.Dossier)
	}
	return how(d, key)
}

// edit gives the document with other values, its members sorted.
func (p *profile) edit(document []byte, values members) ([]byte, error) {
	edited := parseMembers(document)
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if path == p.key || path == p.period {
			return nil, hinted.Because(nil, "sandbox.whose", "path", path)
		}
		if !p.document.has(path) {
			return nil, hinted.Because(nil, "sandbox.no-member", "document", p.document.definition, "path", strconv.Quote(path),
				"examples", p.examples)
		}
		if err := set(edited, path, values[path]); err != nil {
			return nil, err
		}
	}
	return mustJSON(edited), nil
}

// set follows the path into objects, which it makes where there are none.
func set(object members, path string, value json.RawMessage) error {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		if !json.Valid(value) {
			return hinted.Because(nil, "sandbox.value-no-json", "name", name)
		}
		object[name] = value
		return nil
	}
	inner := members{}
	if object[name] != nil && json.Unmarshal(object[name], &inner) != nil {
		return hinted.Because(nil, "sandbox.no-object", "name", name)
	}
	if inner == nil { // it is null
		inner = members{}
	}
	if err := set(inner, rest, value); err != nil {
		return err
	}
	object[name] = mustJSON(inner)
	return nil
}

// checkEdited keeps what the sandbox contains such that it would have accepted it. It names members, never values.
func (s *Sandbox) checkEdited(document []byte) error {
	var decoded map[string]any
	if err := json.Unmarshal(document, &decoded); err != nil {
		return hinted.Because(nil, "sandbox.edited-no-json")
	}
	check := s.check(decoded)
	if !check.passes() {
		paths := slices.AppendSeq(slices.Collect(maps.Keys(check.contract)), maps.Keys(check.business))
		slices.Sort(paths)
		return hinted.Because(nil, "sandbox.edited-unfit", "names", paths)
	}
	return nil
}

// parseMembers takes apart a document, which was checked when it was stored.
func parseMembers(document []byte) (parsed members) {
	if err := json.Unmarshal(document, &parsed); err != nil {
		panic("sandbox: a stored document is not an object")
	}
	return parsed
}
