package app

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/store"
)

// Door is what a caller gives.
type Door struct {
	Version string // of the program, as the ledger records it
	Getenv  func(string) string
	Log     zerolog.Logger
	Stop    <-chan struct{}                    // closed: what is on its way is finished, and nothing new is begun
	Waits   func(call string, until time.Time) // hears what a call waits for; nil = nobody watches
	Observe func(httpcall.Attempt)             // hears of each call; nil = nobody counts them
	Quiet   bool                               // what a run logs is told by its report as well
	InWords func(error) error                  // puts what is wrong with a configuration into words; nil = they are English
	Marked  func(time.Time)                    // hears since when the ledger's watermark is kept, zero = it is not; nil = not a daemon
}

// App is the product as one configuration has it. What it opens, Close closes, last first. It is safe for concurrent use.
type App struct {
	Config *config.Config
	door   Door

	mu       sync.Mutex
	keyed    *store.Store // the ledger with its key; nil = not opened yet
	open     *store.Store // the ledger without
	told     *store.Store // which of them knows the configuration; nil = neither
	cleanups []func()
}

func (d *Door) inWords(err error) error {
	if d.InWords == nil {
		return err
	}
	return d.InWords(err)
}

// New makes an App of a configuration. Close it.
func New(c *config.Config, d Door) *App { return &App{Config: c, door: d} }

// Close closes what was opened.
func (a *App) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cleanup := range slices.Backward(a.cleanups) {
		cleanup()
	}
	a.cleanups = nil
}

func (a *App) onClose(cleanup func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cleanups = append(a.cleanups, cleanup)
}

// keyedLedger is the ledger with the keys that fingerprints and sealed documents need.
func (a *App) keyedLedger(ctx context.Context) (*store.Store, error) { return a.ledgerFor(ctx, 0) }

// ledgerFor opens the ledger for so many runs at once; 0 = one.
func (a *App) ledgerFor(ctx context.Context, runs int) (*store.Store, error) {
	keys, err := keysOf(a.Config.LedgerKey)
	if err != nil {
		return nil, err
	}
	return a.openLedger(ctx, &a.keyed, keys, runs)
}

// readable is the ledger for what is recorded in the open.
func (a *App) readable(ctx context.Context) (*store.Store, error) {
	return a.openLedger(ctx, &a.open, nil, 0)
}

func (a *App) openLedger(ctx context.Context, opened **store.Store, keys *store.Keys, runs int) (*store.Store, error) {
	url, err := a.Config.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if *opened != nil {
		return *opened, nil
	}
	s, err := store.Open(ctx, store.Options{URL: url, Keys: keys, Version: a.door.Version, Lease: a.Config.Database.Lease,
		Runs: runs, Watermark: a.watermark()})
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, s.Close)
	*opened = s
	return s, nil
}

func keysOf(read func() ([]byte, error)) (*store.Keys, error) {
	secret, err := read()
	if err != nil {
		return nil, err
	}
	return store.NewKeys(secret)
}

// watermark is where this process keeps in mind how far the ledger has come. Whoever may not write into a folder that the
// configuration does not name is another user than the service's, which keeps one.
func (a *App) watermark() store.Watermark {
	folder, chosen := a.Config.Database.WatermarkFolder(a.door.Getenv)
	marked := a.door.Marked
	w := store.Watermark{Folder: folder, Pushes: a.pushes(), PutBack: func(p store.PutBack) {
		a.door.Log.Error().Int64("knows", p.Known).Int64("seen", p.Seen).Strs("paused", p.Paused).
			Msg(p.String() + ": compare with the partner; these jobs are paused until 'syncd unpause', and their runs are held")
	}}
	w.Since = marked
	w.Trouble = func(err error) {
		if err != nil && marked != nil {
			marked(time.Time{})
		}
		if err != nil && (marked != nil || chosen || !errors.Is(err, fs.ErrPermission)) {
			a.door.Log.Warn().Str("trouble", hinted.FirstLine(err.Error())).Msg("a ledger that is put back with its files may go unnoticed")
		}
	}
	return w
}

// pushes are the jobs that pay people.
func (a *App) pushes() (names []string) {
	for _, j := range a.Config.Jobs {
		if j.Kind.Sends() {
			names = append(names, j.Name)
		}
	}
	return names
}

// staging is where the jobs' queries are asked.
func (a *App) staging() (*store.Staging, error) {
	url, err := a.Config.Database.StagingURL.Read()
	waits := func(table string, limit time.Duration) {
		a.door.Log.Warn().Str("table", table).Dur("lock_wait", limit).Msg("staging is being replaced: waiting until its tables are free")
	}
	staging := &store.Staging{URL: url, Waits: waits}
	staging.KeepSessions()
	a.onClose(staging.Close)
	return staging, err
}

// Target is a dossier at a partner.
func (a *App) Target(p *config.Partner, d config.Dossier) jobs.Target {
	return jobs.Target{Partner: p.Name, Environment: p.Environment, BaseURL: p.BaseURL,
		Dossier: d.Name, Identity: d.Siret, Siret: d.Siret}
}

// Stopped reports whether a channel that is closed to stop is closed.
func Stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}
