package pull_test

import (
	"testing"

	"go.uber.org/goleak"

	"syncd/internal/pull/pulltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a run does is the same with the inbox of the store: see its TestInbox.
func TestStories(t *testing.T) {
	t.Parallel()
	pulltest.Run(t, func(*testing.T) pulltest.World { return pulltest.InMemory() })
}
