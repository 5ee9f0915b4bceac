// Package syncd embeds what the repository has at its top for users: the sample configuration, in each language.
package syncd

import _ "embed"

// SampleConfig is config.toml, explained in English.
//
//go:embed config.toml
var SampleConfig string

// FrenchSample is the same configuration, explained in French.
//
//go:embed config.fr.toml
var FrenchSample string
