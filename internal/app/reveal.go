package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/plaintext"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Why a value is not shown.
const (
	NoMember    Code = "no-member"    // member, near: documents have none of that name
	NothingKept Code = "nothing-kept" // employee, dossier
)

// Revealing asks for one value that reports mask. It is that of a document as it is sealed in the ledger, for a person decides
// about exactly
// that: of a run, the one that may still leave or that it delivered; else what the partner acknowledged last.
type Revealing struct {
	Selection        // the dossier
	Key       string // the matricule
	Member    string // "Iban", "Adresse.Voie"
	Run       int64  // 0 = none is named
	By        ledger.Person
}

// Reveal shows the value, once that it is shown to this person is recorded. Errors: *Refused; where it cannot be recorded, there is none
// to show.
func (r Records) Reveal(ctx context.Context, of Revealing) (view.Revealed, error) {
	if of.By.Name == "" {
		return view.Revealed{}, errNobody
	}
	d, err := of.One(r.app.Config)
	if err != nil {
		return view.Revealed{}, err
	}
	_, push, err := r.app.pushJobOf(d)
	if err != nil {
		return view.Revealed{}, err
	}
	if err := knownMember(push, of.Member); err != nil {
		return view.Revealed{}, err
	}
	reading, st, err := r.reading(ctx, d, of)
	if err != nil {
		return view.Revealed{}, err
	}
	value, err := st.Reveal(ctx, reading, func(document []byte) (string, error) { return memberOf(document, of.Member) })
	if errors.Is(err, store.ErrNotKept) {
		return view.Revealed{}, &Refused{NothingKept, Args{"employee": of.Key, "dossier": d.Name}, err}
	}
	if err != nil {
		return view.Revealed{}, err
	}
	return view.Revealed{Dossier: d.Name, Key: of.Key, Member: of.Member, Label: push.Mapping.Labels()[of.Member], Value: value,
		Run: reading.Run, At: reading.At}, nil
}

// IsUnrecorded reports whether something is not shown because it could not be recorded who is shown it.
func IsUnrecorded(err error) bool { return is[*store.UnrecordedError](err) }

// Sheet records that somebody is shown the sheet of an employee, before it is.
func (r Records) Sheet(ctx context.Context, d config.Dossier, key string, by ledger.Person) error {
	if by.Name == "" {
		return errNobody
	}
	reading, st, err := r.reading(ctx, d, Revealing{Key: key, By: by})
	if err != nil {
		return err
	}
	return st.Read(ctx, reading)
}

func (r Records) reading(ctx context.Context, d config.Dossier, of Revealing) (*ledger.Reading, *store.Store, error) {
	st, err := r.app.keyedLedger(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := r.app.documents()
	if err != nil {
		return nil, nil, err
	}
	target, known, err := st.Target(ctx, r.app.Target(p, d))
	if err == nil && !known {
		err = refuse(NothingKept, Args{"employee": of.Key, "dossier": d.Name})
	}
	return &ledger.Reading{By: of.By, Target: target, Run: of.Run, Key: of.Key, Field: of.Member}, st, err
}

// Readings lists who was shown what of whom, the newest first.
func (r Records) Readings(ctx context.Context, f ledger.ReadingFilter) ([]ledger.Reading, error) {
	if f.Max < 1 {
		return nil, refuse(NoLimit, Args{"limit": f.Max})
	}
	if err := r.knows("", f.Dossier); err != nil {
		return nil, err
	}
	st, err := r.ledger(ctx)
	if err != nil {
		return nil, err
	}
	return st.Readings(ctx, f)
}

// knownMember refuses what no document has: a value that is not there must not look like one that is empty.
func knownMember(push *jobs.PushJob, member string) error {
	var members []string
	for _, f := range push.Mapping.Fields {
		members = append(members, f.Path)
	}
	if !slices.Contains(members, member) {
		return refuse(NoMember, Args{"member": member, "near": plaintext.Nearest(member, members)})
	}
	return nil
}

// memberOf is one value of a document, a text without its quotes; "" where there is none.
func memberOf(document []byte, path string) (string, error) {
	value := json.RawMessage(document)
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(value, &object); err != nil || object[name] == nil {
			return "", nil //nolint:nilerr // it has no such member
		}
		value = object[name]
	}
	var text string
	switch value = bytes.TrimSpace(value); {
	case bytes.Equal(value, []byte("null")):
		return "", nil
	case value[0] == '{' || value[0] == '[':
		return "", refuse(NoMember, Args{"member": path, "near": ""}) // not one value
	case json.Unmarshal(value, &text) == nil:
		return text, nil
	}
	return string(value), nil
}
