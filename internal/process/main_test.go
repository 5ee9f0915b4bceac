package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"syncd/internal/app/apptest"
	"syncd/internal/testpg"
)

// program is the path of the program under test, and programDigest of which bytes it is. It is built without the race detector:
// what matters here is when a process dies; scripts of cmd/syncd (testdata/race) run the same code with the detector on.
var program, programDigest string

var (
	seedFlag = flag.Uint64("seed", 1, "of the random instants; rounds of -count add to it")
	rounds   sync.Map // of -count so far, by test
	longFlag = flag.Bool("long", false, "take as many worlds, kills and dossiers as make soak does")
)

// asMany is how many of something a test takes: few where each change is tested, more in a soak.
func asMany(each, soak int) int {
	if *longFlag {
		return soak
	}
	return each
}

// nextSeed is another one in each round of -count, and always the same in the first.
func nextSeed(t *testing.T) uint64 {
	t.Helper()
	round, _ := rounds.LoadOrStore(t.Name(), new(atomic.Uint64))
	return *seedFlag + round.(*atomic.Uint64).Add(1) - 1
}

// atOnce is how many tests run at once unless -parallel says otherwise: they wait for processes most of their time.
const atOnce = "10"

func TestMain(m *testing.M) {
	if signal.Ignored(syscall.SIGHUP) { // by nohup: what is started here is not to inherit that
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	dir, err := build()
	if err == nil {
		err = flag.Set("test.parallel", atOnce) // the command line, parsed later, overrides it
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // there is no testing.T yet
	}
	// toxiproxy leaves these behind for a connection that it cut in the middle of a write.
	const toxiproxy = "github.com/Shopify/toxiproxy/v2"
	pipes, links := goleak.IgnoreAnyFunction(toxiproxy+"/toxics.(*ToxicStub).Run"), goleak.IgnoreAnyFunction(toxiproxy+".(*ToxicLink).read")
	goleak.VerifyTestMain(testpg.Tests{M: m}, pipes, links, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code) //nolint:forbidigo // as VerifyTestMain does without a cleanup
	}))
}

// build makes the program in a directory that it returns.
func build() (dir string, err error) {
	if err := lookAtSources(filepath.Join("..", "..")); err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "syncd-process-"); err != nil {
		return "", err
	}
	var content []byte
	if program, err = apptest.Build(context.Background(), dir); err == nil {
		content, err = os.ReadFile(program)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	sum := sha256.Sum256(content)
	programDigest = hex.EncodeToString(sum[:4])
	return dir, nil
}

// lookAtSources reads the folders of the sources, so that `go test` does not show a cached result when one of them has
// changed: it knows what a test opened, not what a compiler that the test started did.
func lookAtSources(module string) error {
	for _, dir := range []string{"cmd", "internal", "migrations"} {
		err := filepath.WalkDir(filepath.Join(module, dir), func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil {
			return fmt.Errorf("looking at the sources: %w", err)
		}
	}
	return nil
}
