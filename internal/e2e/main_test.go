package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// histories is how many random histories the property test runs; -rapid.checks=5000 makes it a soak test.
const histories = "60"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", histories); err != nil { // the command line, parsed later, overrides it
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // there is no testing.T yet
	}
	goleak.VerifyTestMain(m)
}
