package app

import (
	"time"

	"syncd/internal/config"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
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
func (a *App) connection(retryFor time.Duration) (*isidoor.Connection, error) {
	return a.connect(dialing{retryFor: retryFor})
}

// sharing is connection for those who ask for many things at once: where the configuration says so, within what all
// processes of the ledger may ask for together.
func (a *App) sharing(runs int) (*isidoor.Connection, error) {
	return a.connect(dialing{retryFor: a.Config.Isidoor.RetryFor, shares: a.Config.Isidoor.LimitsOfLedger, runs: runs})
}

func (a *App) connect(how dialing) (*isidoor.Connection, error) {
	c, done, err := a.dial(how)
	if err != nil {
		return nil, err
	}
	a.onClose(done)
	return c, nil
}

// dial opens a connection, which done closes.
func (a *App) dial(how dialing) (c *isidoor.Connection, done func(), err error) {
	options, err := a.partner(how)
	if err != nil {
		return nil, nil, err
	}
	end := func() {}
	if how.shares {
		allowance, err := a.allowance()
		if err != nil {
			return nil, nil, err
		}
		options.Allowance, end = allowance, allowance.Close
	}
	if c, err = isidoor.Open(options); err != nil {
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
	return store.OpenAllowance(url, a.Config.Isidoor.BaseURL, a.Config.Isidoor.MaxInFlight)
}

// partner is how the partner is reached.
func (a *App) partner(how dialing) (o isidoor.Options, err error) {
	i := a.Config.Isidoor
	secret, err := i.ClientSecret.Read()
	if err != nil {
		return o, err
	}
	fixed, err := a.fixed()
	if err != nil {
		return o, err
	}
	var waits func(httpcall.Wait)
	if hear := a.door.Waits; hear != nil {
		waits = func(w httpcall.Wait) { hear(w.Call, w.Until) }
	}
	return isidoor.Options{
		Options: httpcall.Options{
			BaseURL: i.BaseURL, Headers: fixed[0], Query: fixed[1], CAFile: i.CAFile,
			MaxInFlight: i.MaxInFlight, RatePerSecond: i.RatePerSecond, RequestTimeout: i.RequestTimeout, ConnectTimeout: i.ConnectTimeout,
			RetryFor: how.retryFor, TechnicalTries: i.TechnicalTries, RetryAfterCap: i.RetryAfterCap,
			ResendAmbiguous: i.Salarie.Semantics == jobs.Replace,
			Runs:            min(max(how.runs, 1), jobs.SendingAtOnce(i.MaxInFlight)), Observe: a.door.Observe,
			Waits: waits, Log: a.door.Log, UserAgent: "syncd/" + a.door.Version,
		},
		ClientCredentials: httpcall.ClientCredentials{TokenURL: i.TokenURL, ClientID: i.ClientID, ClientSecret: secret, Scope: i.OAuthScope},
		KeyIn:             i.DossierKey.In, KeyName: i.DossierKey.Name,
		Dossier:      isidoor.DossierEndpoint(i.Dossier),
		Dictionnaire: isidoor.DictionnaireEndpoint(i.Dictionnaire),
		Salarie:      isidoor.SalarieEndpoint{Method: i.Salarie.Method, Path: i.Salarie.Path},
		Read:         readEndpoint(i.Salarie.Read),
		Answer:       (*httpcall.AnswerRules)(i.Salarie.Answer),
	}, nil
}

// fixed are the headers and the query parameters that go with every call.
func (a *App) fixed() (all [2][]httpcall.Fixed, err error) {
	for n, parts := range [][]config.Fixed{a.Config.Isidoor.Headers, a.Config.Isidoor.Query} {
		for _, f := range parts {
			value, err := f.Read()
			if err != nil {
				return all, err
			}
			all[n] = append(all[n], httpcall.Fixed{Name: f.Name, Value: value, Secret: !f.Secret.IsZero()})
		}
	}
	return all, nil
}

func readEndpoint(r *config.ReadEndpoint) *isidoor.ReadEndpoint {
	if r == nil {
		return nil
	}
	return &isidoor.ReadEndpoint{Method: r.Method, Path: r.Path, Document: r.Document}
}
