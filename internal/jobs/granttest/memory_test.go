package granttest_test

import (
	"testing"

	"syncd/internal/jobs/granttest"
)

// What a grant counts on holds of the store in memory as it does of Postgres.
func TestInMemory(t *testing.T) {
	t.Parallel()
	granttest.Run(t, func(*testing.T) granttest.World { return &world{} })
}

type world struct {
	granttest.Memory
	targets int64
}

func (w *world) Open() granttest.Process { return &w.Memory }

func (w *world) Stored(int64) string { return "" }

func (w *world) Target() int64 {
	w.targets++
	return w.targets
}
