package config_test

import (
	"slices"
	"testing"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/partner"
)

func init() { config.SetTestSections(partner.Sections()) }

// Each kind of job has a partner that takes part in it, and is one that the configuration can read.
func TestEachKindHasAPartner(t *testing.T) {
	t.Parallel()
	kinds := jobs.KindsThat(func(k jobs.Kind) bool { return !k.Fetches() })
	if len(kinds) == 0 {
		t.Fatal("there are no kinds")
	}
	var taken []jobs.Kind
	for _, s := range partner.Sections() {
		taken = append(taken, s.Kinds...)
	}
	for _, kind := range kinds {
		if !slices.Contains(taken, kind) {
			t.Errorf("no partner takes part in %s", kind)
		}
		if !config.Reads(kind) {
			t.Errorf("the configuration cannot read a job of kind %s", kind)
		}
	}
}
