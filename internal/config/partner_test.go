package config_test

import (
	"syncd/internal/config"
	"syncd/internal/partner"
)

func init() { config.SetTestSections(partner.Sections()) }
