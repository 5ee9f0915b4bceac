package app

import (
	"context"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/store"
)

// dialing says how a partner is called.
type dialing struct {
	retryFor time.Duration // how long an absent API is tried
	shares   bool          // within what all processes of the ledger may ask for together
	runs     int           // at once; 0 = one
}

// connection prepares the HTTP client that all dossiers share, for a few calls. retryFor bounds how long an absent API is
// tried.
func (a *App) connection(p *config.Partner, retryFor time.Duration) (partner.Connection, error) {
	return a.connect(p, dialing{retryFor: retryFor})
}

// sharing is connection for those who ask for many things at once: where the configuration says so, within what all
// processes of the ledger may ask for together.
func (a *App) sharing(p *config.Partner, runs int) (partner.Connection, error) {
	return a.connect(p, dialing{retryFor: p.RetryFor, shares: p.LimitsOfLedger, runs: runs})
}

func (a *App) connect(p *config.Partner, how dialing) (partner.Connection, error) {
	c, err := a.dial(p, how)
	if err != nil {
		return nil, err
	}
	a.onClose(c.close)
	return c.documents, nil
}

// client is how a partner is called.
type client struct {
	documents partner.Connection // nil where records are read
	records   *partner.Reader    // nil where documents are sent
	close     func()
}

// dial prepares a client, which the caller closes.
func (a *App) dial(p *config.Partner, how dialing) (*client, error) {
	o := httpcall.Options{RetryFor: how.retryFor, Runs: min(max(how.runs, 1), jobs.SendingAtOnce(p.MaxInFlight)),
		Observe: a.door.Observe, Log: a.door.Log, UserAgent: "syncd/" + a.door.Version}
	if hear := a.door.Waits; hear != nil {
		o.Waits = func(w httpcall.Wait) { hear(p.Name, w.Call, w.Until) }
	}
	end := func() {}
	if how.shares {
		allowance, err := a.allowance(p)
		if err != nil {
			return nil, err
		}
		o.Allowance, end = allowance, allowance.Close
	}
	c := &client{}
	var err error
	if p.Pull == nil {
		if c.documents, err = partner.Connect(p, o); err == nil {
			c.close = func() { c.documents.Close(); end() }
		}
	} else if c.records, err = partner.Read(p, o); err == nil {
		c.close = func() { c.records.Close(); end() }
	}
	if err != nil {
		end()
		return nil, err
	}
	return c, nil
}

// NothingSent: no partner of the configuration takes documents of employees.
const NothingSent Code = "nothing-sent"

// documents is the partner that documents are sent to.
func (a *App) documents() (*config.Partner, error) {
	if p := a.Config.Documents(); p != nil {
		return p, nil
	}
	return nil, refuse(NothingSent, nil)
}

// feed is a dossier as records of it are read. The ledger is asked for when a partner's own tokens are wanted, and not before.
func (a *App) feed(c *client, p *config.Partner, d config.Dossier, st func() *store.Store) (jobs.Feed, error) {
	at := a.Target(p, d)
	return c.records.Feed(&d, func(secret []byte) jobs.GrantStore {
		return &grants{open: func(ctx context.Context) (jobs.GrantStore, error) {
			target, err := st().EnsureTarget(ctx, at)
			if err != nil {
				return nil, err
			}
			return st().Credentials().Grant(target.ID, secret), nil
		}}
	})
}

// grants is where the tokens of a dossier are kept, found when it is first asked.
type grants struct {
	open  func(context.Context) (jobs.GrantStore, error)
	mu    sync.Mutex
	found jobs.GrantStore
}

func (g *grants) store(ctx context.Context) (jobs.GrantStore, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found != nil {
		return g.found, nil
	}
	found, err := g.open(ctx)
	if err == nil {
		g.found = found
	}
	return found, err
}

// Look implements jobs.GrantStore.
func (g *grants) Look(ctx context.Context) (jobs.Grant, error) {
	s, err := g.store(ctx)
	if err != nil {
		return jobs.Grant{}, err
	}
	return s.Look(ctx)
}

// Take implements jobs.GrantStore.
func (g *grants) Take(ctx context.Context, version int64, lease time.Duration) (jobs.Grant, error) {
	s, err := g.store(ctx)
	if err != nil {
		return jobs.Grant{}, err
	}
	return s.Take(ctx, version, lease)
}

// Keep implements jobs.GrantStore.
func (g *grants) Keep(ctx context.Context, held jobs.Grant, pair jobs.Pair) error {
	s, err := g.store(ctx)
	if err != nil {
		return err
	}
	return s.Keep(ctx, held, pair)
}

// Release implements jobs.GrantStore.
func (g *grants) Release(ctx context.Context, held jobs.Grant, end jobs.GrantEnd) error {
	s, err := g.store(ctx)
	if err != nil {
		return err
	}
	return s.Release(ctx, held, end)
}

// allowance is this process's part of the limits of requests.
func (a *App) allowance(p *config.Partner) (*store.Allowance, error) {
	url, err := a.Config.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	return store.OpenAllowance(url, p.BaseURL, p.MaxInFlight)
}

// keeper is the keeper of what the API of a partner says that it takes; nil when the configuration wants none. Without a
// connection the API is not asked, and what it told last counts.
func (a *App) keeper(p *config.Partner, st *store.Store, connection partner.Connection) *contract.Keeper {
	d := &p.Documents
	if d.Contract == "none" || p.Pull != nil {
		return nil
	}
	o := contract.Options{Ledger: st, Name: a.Target(p, config.Dossier{}).API(), Log: a.door.Log, Source: contract.Source(d.Contract),
		Settings: check.Settings{
			Method: d.Call.Method, MethodSet: d.MethodSet, Path: d.Call.Path, Base: p.BaseURL,
			KeyIn: d.Call.KeyIn, KeyName: d.Call.KeyName, KeySet: d.KeySet,
			Section: p.Name, Documents: d.Section,
		}}
	if connection != nil {
		o.API = &described{connection, o.Source, d.Section}
	}
	return contract.NewKeeper(o)
}

// asPort is a keeper as runs want it.
func asPort(k *contract.Keeper) jobs.Contracts {
	if k == nil {
		return nil
	}
	return k
}

// described is a partner that shows its contract, wherever the configuration says that it stands.
type described struct {
	connection partner.Connection
	source     contract.Source
	section    string // that names it
}

// Describe implements contract.API.
func (p *described) Describe(ctx context.Context) ([]byte, string, error) {
	if p.source.IsFile() {
		text, err := contract.ReadFile(string(p.source), p.section)
		return text, contract.FilePlace(string(p.source)), err
	}
	found, err := p.connection.Describe(ctx, string(p.source))
	return found.Text, found.Place, err
}

// forecasts are the next runs that a pull for a dossier looks ahead to.
func (a *App) forecasts(dossier string) []jobs.Forecast {
	var all []jobs.Forecast
	for _, job := range a.Config.Jobs {
		if !job.Kind.Sends() || !job.Covers(dossier) {
			continue
		}
		push, err := a.Config.PushJob(job.Name)
		if err != nil {
			continue // it has no mapping yet: there is nothing to look ahead to
		}
		all = append(all, jobs.Forecast{Job: &push, Digest: a.Config.JobDigest(job.Name), Period: job.PeriodAt(a.Now())})
	}
	return all
}
