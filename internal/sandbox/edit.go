package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Edit is what somebody changes at the other side, behind the back of who sent the document.
type Edit struct {
	Dossier   string `json:"dossier"`
	Matricule string `json:"matricule"`
	Period    string `json:"period,omitempty"` // "" = the newest that there is
	// Members are the new values by path, such as "Iban", "Contrat.TauxActivite" or "Elements".
	Members map[string]json.RawMessage `json:"members,omitempty"`
}

// members are those of an object, their values untouched.
type members = map[string]json.RawMessage

// Edit changes members of a document that the sandbox holds. It counts as no delivery. An error is the caller's mistake.
func (s *Sandbox) Edit(e Edit) error {
	if len(e.Members) == 0 {
		return errors.New("nothing is to be changed\nhint: name a member and its new value, such as Iban")
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

// Delete forgets a document that the sandbox holds, and its deliveries; the members of e are not used. An error is the
// caller's mistake.
func (s *Sandbox) Delete(e Edit) error {
	return s.change(e, func(d *dossier, key documentKey) error {
		delete(d.documents, key)
		s.stats.add(func(t *Stats) { t.Documents-- })
		return nil
	})
}

// change finds the document that e names, and has it changed under its lock.
func (s *Sandbox) change(e Edit, how func(*dossier, documentKey) error) error {
	d := s.dossierNamed(e.Dossier)
	if d == nil {
		return errors.New("no such dossier\nhint: name one that the sandbox was started with")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key, entry := d.find(e.Matricule, e.Period)
	if entry == nil {
		return errors.New("the sandbox holds no such document\nhint: 'syncd sandbox received --dossier " + e.Dossier + "' lists them")
	}
	return how(d, key)
}

// edit gives the document with other values, its members sorted.
func (p *profile) edit(document []byte, values members) ([]byte, error) {
	edited := parseMembers(document)
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if path == p.key || path == p.period {
			return nil, fmt.Errorf("%s says whose document it is and cannot be edited\nhint: delete the document, and send another", path)
		}
		if !p.document.has(path) {
			return nil, fmt.Errorf("a %s has no member %q\nhint: for example %s", p.document.definition, path, p.examples)
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
			return fmt.Errorf("the value of %s is not JSON", name)
		}
		object[name] = value
		return nil
	}
	inner := members{}
	if object[name] != nil && json.Unmarshal(object[name], &inner) != nil {
		return fmt.Errorf("%s is not an object", name)
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

// checkEdited keeps what the sandbox holds such that it would have accepted it. It names members, never values.
func (s *Sandbox) checkEdited(document []byte) error {
	var decoded map[string]any
	if err := json.Unmarshal(document, &decoded); err != nil {
		return errors.New("the edited document is not JSON")
	}
	check := s.check(decoded)
	if !check.passes() {
		paths := slices.AppendSeq(slices.Collect(maps.Keys(check.contract)), maps.Keys(check.business))
		slices.Sort(paths)
		return fmt.Errorf("the edited document is not valid: %s\nhint: a text needs its quotes; codes are those of the nomenclatures",
			strings.Join(paths, ", "))
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
