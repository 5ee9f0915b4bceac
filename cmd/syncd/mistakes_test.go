package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// 300 dossiers that meet the same, and one that meets something else, are told in three lines and two hints.
func TestMistakesOfManyDossiersAreToldOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	m := mistakes{w: &b, words: english()}
	for i := range 300 {
		m.tell(fmt.Sprintf("d%03d", i), errors.New("no such column\nhint: correct the query"))
	}
	m.tell("other", errors.New("no such table\nhint: create it"))
	m.end()
	want := "syncd: d000: no such column\nhint: correct the query\nsyncd: other: no such table\nhint: create it\n" +
		"syncd: the same of 299 more dossiers (d001, d002, d003, d004, d005, …): no such column\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}
