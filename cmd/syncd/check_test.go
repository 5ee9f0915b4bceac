package main

import (
	"errors"
	"testing"

	"syncd/internal/mapping"
)

// Before the first pull the nomenclatures are one warning, next to what is wrong whatever is pulled.
func TestCheckTellsMissingNomenclaturesInOneWarning(t *testing.T) {
	t.Parallel()
	c := &checker{app: &app{flags: &globalFlags{json: true}}}
	c.mappingProblems("paie", errors.Join(
		&mapping.DictionaryError{Names: []string{"Civilite", "Strate"}, Path: "Civilite"},
		&mapping.DictionaryError{Names: []string{"Civilités"}, Path: "X", Nearest: "Civilite"},
		&mapping.ColumnError{Path: "Y", Column: "y"},
	))
	if len(c.findings) != 2 || c.findings[0].Level != "error" || c.findings[1].Level != "warning" ||
		c.findings[1].Text != "nomenclatures not pulled yet: Civilite, Civilités, Strate" {
		t.Errorf("%+v", c.findings)
	}
}
