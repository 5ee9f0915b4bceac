package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/issuer"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
	"syncd/internal/store"
)

// Door is what a caller gives.
type Door struct {
	Version string // of the program, as the ledger records it
	Getenv  func(string) string
	Log     zerolog.Logger
	Stop    <-chan struct{} // closed: what is on its way is finished, and nothing new is begun
	// hears what a call waits for, "" = it may not leave yet (limits = "ledger"); nil = nobody watches
	Waits   func(partner, call string, until time.Time)
	Observe func(httpcall.Attempt) // hears of each call; nil = nobody counts them
	Person  func() ledger.Person   // who decides; nil = each decision has but a name
	Now     func() time.Time       // by which it is told where a month stands, and which one it is; nil = the machine's clock
	Page    bool                   // the operators' page: it never talks to a partner, and keeps no watermark
	Quiet   bool                   // what a run logs is told by its report as well
	InWords func(error) error      // puts what is wrong with a configuration into words; nil = they are English
	// hears since when the ledger's watermark is kept, zero = it is not; nil = not a daemon
	Marked func(time.Time)
}

// App is the product as one configuration has it, for one caller. What it opens, Close closes, last first. It is safe for
// concurrent use.
type App struct {
	Config *config.Config
	door   Door
	*opened
}

// As is the same product for another caller.
func (a *App) As(person ledger.Person) *App {
	other := *a
	other.door.Person = func() ledger.Person { return person }
	return &other
}

// opened is what an App has opened, for all callers.
type opened struct {
	mu       sync.Mutex
	keyed    *store.Store   // the ledger with its key; nil = not opened yet
	open     *store.Store   // the ledger without
	reads    *store.Staging // staging; nil = it was not asked yet
	told     *store.Store   // which of them knows the configuration; nil = neither
	issuer   *issuer.Client
	cleanups []func()
}

func (d *Door) inWords(err error) error {
	if d.InWords == nil {
		return err
	}
	return d.InWords(err)
}

// New makes an App of a configuration. Close it.
func New(c *config.Config, d Door) *App { return &App{Config: c, door: d, opened: &opened{}} }

// Close closes what was opened.
func (a *App) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cleanup := range slices.Backward(a.cleanups) {
		cleanup()
	}
	a.cleanups = nil
}

// Now is the moment of which it is told where a month stands.
func (a *App) Now() time.Time {
	if a.door.Now != nil {
		return a.door.Now()
	}
	return time.Now()
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
	if a.door.Page { // one pool of connections serves all that it is asked
		return a.keyedLedger(ctx)
	}
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
		Runs: runs, Longest: a.longest(), Watermark: a.watermark()})
	if err != nil {
		return nil, err
	}
	a.cleanups = append(a.cleanups, s.Close)
	*opened = s
	return s, nil
}

// longest is how long a statement may take: of the page as long as a request, whatever becomes of who waits for it.
func (a *App) longest() time.Duration {
	if a.door.Page {
		return 5 * time.Second
	}
	return 0
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
	if a.door.Page { // the daemon keeps one, in a folder of its own
		folder, chosen = "", false
	}
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

// staging is where the jobs' queries are asked: one for all that is asked of it, as long as it is where it was.
func (a *App) staging() (*store.Staging, error) {
	url, err := a.Config.Database.StagingURL.Read()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reads != nil && a.reads.URL == url {
		return a.reads, err
	}
	waits := func(table string, limit time.Duration) {
		a.door.Log.Warn().Str("table", table).Dur("lock_wait", limit).Msg("staging is being replaced: waiting until its tables are free")
	}
	a.reads = &store.Staging{URL: url, Waits: waits, Longest: a.longest()}
	if !a.Config.Web.IsZero() {
		a.reads.Page = store.PageRole
	}
	a.reads.KeepSessions()
	a.cleanups = append(a.cleanups, a.reads.Close)
	return a.reads, err
}

// Called is what things are called in reports: partners, dossiers, members.
func (a *App) Called(page bool) view.Options {
	c := a.Config
	o := view.Options{Partner: c.PartnerName(), Location: c.Zone(), Zones: map[string]*time.Location{}, Labels: map[string]string{},
		Members: map[string]map[string]string{}, Page: page}
	for _, d := range c.AllDossiers {
		o.Labels[d.Name] = d.Label
	}
	for i := range c.Jobs {
		j := &c.Jobs[i]
		o.Zones[j.Name], o.Members[j.Name] = j.Zone(), j.Mapping.Labels()
	}
	return o
}

// Target is a dossier at a partner.
func (a *App) Target(p *config.Partner, d config.Dossier) jobs.Target {
	return jobs.Target{Partner: p.Name, Environment: p.Environment, BaseURL: p.BaseURL,
		Dossier: d.Name, Identity: d.Siret, Siret: d.Siret}
}

// NameNow is what the dossier of a target is called in the configuration: its own name, or that of the one of the same establishment where
// it was renamed.
func (a *App) NameNow(t jobs.Target) string { return a.namesNow().of(t) }

// namesNow is what the configuration calls dossiers, to be looked up.
type namesNow struct {
	known map[string]bool
	by    map[string]string // by SIRET; "" = several dossiers have it
}

func (a *App) namesNow() namesNow {
	n := namesNow{map[string]bool{}, map[string]string{}}
	for i := range a.Config.AllDossiers {
		d := &a.Config.AllDossiers[i]
		n.known[d.Name] = true
		if _, taken := n.by[d.Siret]; taken {
			n.by[d.Siret] = ""
		} else {
			n.by[d.Siret] = d.Name
		}
	}
	delete(n.by, "")
	return n
}

func (n namesNow) of(t jobs.Target) string {
	if n.known[t.Dossier] {
		return t.Dossier
	}
	return cmp.Or(n.by[cmp.Or(t.Identity, t.Siret)], t.Dossier)
}

// former are the targets that dossiers had while they were called otherwise, by what they are called now.
func (n namesNow) former(known []jobs.Target) map[string][]jobs.Target {
	former := map[string][]jobs.Target{}
	for _, t := range known {
		if name := n.of(t); name != t.Dossier {
			former[name] = append(former[name], t)
		}
	}
	return former
}

// formerOf tells the targets that some dossiers had while they were called otherwise, where the ledger alone knows which there are.
func (n namesNow) formerOf(dossiers []string) (f ledger.Former) {
	if dossiers == nil {
		return f
	}
	f.Known = slices.Collect(maps.Keys(n.known))
	for siret, name := range n.by {
		if slices.Contains(dossiers, name) {
			f.Sirets = append(f.Sirets, siret)
		}
	}
	return f
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
