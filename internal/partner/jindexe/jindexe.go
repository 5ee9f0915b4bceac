// Package jindexe is the partner Jindexe: the lists that a user names are read.
package jindexe

import (
	_ "embed"

	"syncd/internal/partner/preset"
)

//go:embed jindexe.toml
var defaults []byte

// Definition is all of it. Nothing else is ever asked for there.
var Definition = preset.Definition{
	Name:   "jindexe",
	Preset: defaults,
	Calls:  []string{"GET /ext/…", "GET /public/…", "GET /user/…", "GET /pro/…"},
}
