package isidoor

import (
	"encoding/json"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/mapping"
)

// entryPointers say how the answer of the call for nomenclatures reads.
type entryPointers struct {
	items, name, code, label, active httpcall.Pointer
}

func newEntryPointers(o DictionnaireEndpoint) entryPointers {
	return entryPointers{items: httpcall.NewPointer(o.Items), name: httpcall.NewPointer(o.Name), code: httpcall.NewPointer(o.Code),
		label: httpcall.NewPointer(o.Label), active: httpcall.NewPointer(o.Active)}
}

// read turns an answer into nomenclatures. Its errors name the place, never a value.
func (p entryPointers) read(document any) (mapping.Nomenclatures, error) {
	nomenclatures := mapping.Nomenclatures{}
	if document == nil {
		return nomenclatures, nil
	}
	found, ok := p.items.Find(document)
	items, isArray := found.([]any)
	if !ok || found != nil && !isArray {
		return nil, hinted.Because(nil, "isidoor.no-entries")
	}
	for i, item := range items {
		name, entry, err := p.entry(item)
		if err != nil {
			return nil, hinted.Because(nil, "isidoor.in-entry", "entry", i+1, "why", hinted.What(err))
		}
		add(nomenclatures, name, entry)
	}
	return nomenclatures, nil
}

func (p entryPointers) entry(item any) (string, mapping.Entry, error) {
	name, ok := p.name.TextAt(item)
	if !ok {
		return "", mapping.Entry{}, hinted.Because(nil, "isidoor.entry-unnamed")
	}
	code, ok := p.code.TextAt(item)
	if !ok {
		return "", mapping.Entry{}, hinted.Because(nil, "isidoor.entry-no-code")
	}
	label := ""
	if p.label != nil {
		label, _ = p.label.TextAt(item)
	}
	active, err := truthAt(p.active, item)
	return name, mapping.Entry{Code: code, Label: label, Active: active}, err
}

// truthAt reads a state: a boolean, 0 or 1, or one of these as text. None is true: what a partner lists without a
// state is in use.
func truthAt(p httpcall.Pointer, item any) (bool, error) {
	found, _ := p.Find(item)
	if p == nil || found == nil {
		return true, nil
	}
	switch v := found.(type) {
	case bool:
		return v, nil
	case json.Number:
		return parseTruth(v.String())
	case string:
		return parseTruth(v)
	}
	return false, hinted.Because(nil, "isidoor.entry-state")
}

func parseTruth(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, hinted.Because(nil, "isidoor.entry-state")
}

// add keeps the active one of two entries with one code: partners repeat codes from one school year to the next.
func add(nomenclatures mapping.Nomenclatures, name string, entry mapping.Entry) {
	entries := nomenclatures[name]
	if entries == nil {
		entries = map[string]mapping.Entry{}
		nomenclatures[name] = entries
	}
	if known, ok := entries[entry.Code]; !ok || entry.Active || !known.Active {
		entries[entry.Code] = entry
	}
}
