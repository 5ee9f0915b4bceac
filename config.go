// Package syncd embeds what the repository has at its top for users: the sample configuration.
package syncd

import _ "embed"

// SampleConfig is config.toml.
//
//go:embed config.toml
var SampleConfig string
