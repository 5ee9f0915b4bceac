package e2e

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"syncd/internal/testpg"
)

// defaults of flags, which the command line overrides: -rapid.checks=5000 makes the property test a soak test.
var defaults = map[string]string{
	"rapid.checks":     "3", // random histories of each kind, others each time; `make soak` makes a thousand
	"rapid.nofailfile": "true",
	"rapid.shrinktime": "5s",
	"test.parallel":    "8", // these tests wait for the database and the API more than they compute
}

func TestMain(m *testing.M) {
	for name, value := range defaults {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(testpg.Tests{M: m})
}
