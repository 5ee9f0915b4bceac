// Package choruspro is the partner Chorus Pro, behind its gateway PISTE: the invoices that a structure sent to the State are read.
package choruspro

import (
	_ "embed"

	"syncd/internal/partner/preset"
)

//go:embed chorus-pro.toml
var defaults []byte

// Definition is all of it. Nothing else is ever asked for there.
var Definition = preset.Definition{
	Name:   "chorus-pro",
	Preset: defaults,
	Calls:  []string{"POST /factures/v1/rechercher/fournisseur"},
}
