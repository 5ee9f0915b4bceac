package app

import (
	"time"

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
func (a *App) connection(retryFor time.Duration) (partner.Connection, error) {
	return a.connect(dialing{retryFor: retryFor})
}

// sharing is connection for those who ask for many things at once: where the configuration says so, within what all
// processes of the ledger may ask for together.
func (a *App) sharing(runs int) (partner.Connection, error) {
	return a.connect(dialing{retryFor: a.Config.Partner().RetryFor, shares: a.Config.Partner().LimitsOfLedger, runs: runs})
}

func (a *App) connect(how dialing) (partner.Connection, error) {
	c, done, err := a.dial(how)
	if err != nil {
		return nil, err
	}
	a.onClose(done)
	return c, nil
}

// dial opens a connection, which done closes.
func (a *App) dial(how dialing) (c partner.Connection, done func(), err error) {
	p := a.Config.Partner()
	o := httpcall.Options{RetryFor: how.retryFor, Runs: min(max(how.runs, 1), jobs.SendingAtOnce(p.MaxInFlight)), Observe: a.door.Observe, Log: a.door.Log,
		UserAgent: "syncd/" + a.door.Version}
	if hear := a.door.Waits; hear != nil {
		o.Waits = func(w httpcall.Wait) { hear(w.Call, w.Until) }
	}
	end := func() {}
	if how.shares {
		allowance, err := a.allowance()
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
func (a *App) allowance() (*store.Allowance, error) {
	url, err := a.Config.Database.URL.Read()
	if err != nil {
		return nil, err
	}
	return store.OpenAllowance(url, a.Config.Partner().BaseURL, a.Config.Partner().MaxInFlight)
}
