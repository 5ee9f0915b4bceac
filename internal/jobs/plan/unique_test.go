package plan

import (
	"context"
	"fmt"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// unique watches one field.
func unique(t *testing.T) *uniqueValues {
	t.Helper()
	columns := []mapping.Column{{Name: "iban", Type: 25}}
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "Iban", Column: "iban"}}}
	mapped, err := mapping.Compile(spec, mapping.Shape{Employee: columns}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newUniqueValues(&jobs.Guards{UniqueFields: []string{"Iban", "NotMapped"}}, &spec, mapped)
}

func (u *uniqueValues) read(seq int, key, iban string, old *string) {
	u.add([]byte(key), [][]byte{[]byte(iban)})
	item := &jobs.PlannedItem{Item: jobs.Item{Seq: seq, Key: key}}
	var before []byte
	if old != nil {
		before = []byte(`{"Iban":"` + *old + `"}`)
		if *old != iban {
			item.Diff = []diff.Change{{Path: "Iban", Op: "*"}}
		}
	}
	u.compare(item, u.own, before)
}

func (u *uniqueValues) held(t *testing.T, absent ...string) string {
	t.Helper()
	var refs []jobs.DocumentRef
	var known []jobs.Acknowledged
	for i, iban := range absent {
		refs = append(refs, jobs.DocumentRef{Key: fmt.Sprintf("gone%d", i)})
		known = append(known, jobs.Acknowledged{Document: []byte(`{"Iban":"` + iban + `"}`)})
	}
	holds, err := u.shared(t.Context(), refs, func(context.Context, []jobs.DocumentRef) ([]jobs.Acknowledged, error) { return known, nil })
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, hold := range holds {
		text += fmt.Sprintf("%s with %v; ", hold.Key, hold.Finding.Keys)
	}
	return text
}

// A value that two matricules share holds whoever has it newly, however it is written.
func TestSharedValues(t *testing.T) {
	t.Parallel()
	a, b := "FR76A", "FR76B"
	for name, c := range map[string]struct {
		read   func(*uniqueValues)
		absent []string
		want   string
	}{
		"two who are new": {func(u *uniqueValues) { u.read(1, "1", a, nil); u.read(2, "2", "fr76 a", nil) }, nil,
			"1 with [2]; 2 with [1]; "},
		"one of them was there": {func(u *uniqueValues) { u.read(1, "1", a, &a); u.read(2, "2", a, nil) }, nil, "2 with [1]; "},
		"both were, approved":   {func(u *uniqueValues) { u.read(1, "1", a, &a); u.read(2, "2", a, &a) }, nil, ""},
		"hired again":           {func(u *uniqueValues) { u.read(1, "1", a, nil) }, []string{b, a}, "1 with [gone1]; "},
		"just given up":         {func(u *uniqueValues) { u.read(1, "1", b, &a); u.read(2, "2", a, &b) }, nil, "1 with [2]; 2 with [1]; "},
		"none at all":           {func(u *uniqueValues) { u.read(1, "1", "", nil); u.read(2, "2", " ", nil) }, []string{""}, ""},
	} {
		u := unique(t)
		c.read(u)
		if got := u.held(t, c.absent...); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Of a placeholder that everyone has a few names are told, and the number of all.
func TestSharedByMany(t *testing.T) {
	t.Parallel()
	const n = 100
	u := unique(t)
	for i := range n {
		u.read(i+1, fmt.Sprintf("%05d", i), "0000", nil)
	}
	holds, err := u.shared(t.Context(), nil, nil)
	if err != nil || len(holds) != n {
		t.Fatal(len(holds), err)
	}
	for _, hold := range holds {
		if f := hold.Finding; f.N != n-1 || len(f.Keys) != jobs.FindingKeys {
			t.Errorf("%s shares it with %d, and names %d", hold.Key, f.N, len(f.Keys))
		}
	}
}

// Matricules are found again however many there are.
func TestNamesOfManyEmployees(t *testing.T) {
	t.Parallel()
	u := unique(t)
	places := map[string]uint32{}
	for i := range 5 * chunkSize {
		key := fmt.Sprintf("%0*d", 1+i%200, i)
		places[key] = u.addName([]byte(key))
	}
	for key, at := range places {
		if got := u.name(at); got != key {
			t.Fatalf("%q is found as %q", key, got)
		}
	}
}
