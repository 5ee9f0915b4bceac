package app

import (
	"context"
	"time"

	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/store"
)

// dialing says how the partner is called.
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
	c, done, err := a.dial(p, how)
	if err != nil {
		return nil, err
	}
	a.onClose(done)
	return c, nil
}

// dial opens a connection, which done closes.
func (a *App) dial(p *config.Partner, how dialing) (c partner.Connection, done func(), err error) {
	o := httpcall.Options{RetryFor: how.retryFor, Runs: min(max(how.runs, 1), jobs.SendingAtOnce(p.MaxInFlight)),
		Observe: a.door.Observe, Log: a.door.Log, UserAgent: "syncd/" + a.door.Version}
	if hear := a.door.Waits; hear != nil {
		o.Waits = func(w httpcall.Wait) { hear(w.Call, w.Until) }
	}
	end := func() {}
	if how.shares {
		allowance, err := a.allowance(p)
		if err != nil {
			return nil, nil, err
		}
		o.Allowance, end = allowance, allowance.Close
	}
	if c, err = partner.Connect(p, o); err != nil {
		end()
		return nil, nil, err
	}
	return c, func() { c.Close(); end() }, nil
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
	if d.Contract == "none" {
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
		all = append(all, jobs.Forecast{Job: &push, Period: job.PeriodAt(time.Now())})
	}
	return all
}
