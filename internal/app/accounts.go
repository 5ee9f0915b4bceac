package app

import (
	"context"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/issuer"
)

// Accounts is who may use the page, with the keys that seal what they prove it with.
func (a *App) Accounts(ctx context.Context) (accounts.Service, error) {
	st, err := a.keyedLedger(ctx)
	if err != nil {
		return accounts.Service{}, err
	}
	return accounts.Service{Ledger: st.Accounts()}, nil
}

// AccountList are all accounts, in the order of their names.
func (a *App) AccountList(ctx context.Context) ([]accounts.Account, error) {
	st, err := a.readable(ctx)
	if err != nil {
		return nil, err
	}
	return st.Accounts().Accounts(ctx, "")
}

// IssuerReturn is the path of the page to which an issuer sends browsers back.
const IssuerReturn = "/login/oidc/callback"

// Issuer is who says by OpenID Connect who somebody is; nil = nobody does. It is asked nothing before it is needed.
func (a *App) Issuer() *issuer.Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &a.Config.Web.OIDC
	if a.issuer == nil && !c.IsZero() {
		a.issuer = issuer.New(issuer.Settings{Issuer: c.Issuer, ClientID: c.ClientID, Secret: c.Secret.Read, ACR: c.ACR, MaxAge: c.MaxAge,
			CAFile: c.CAFile, Redirect: a.Config.Web.PublicURL + IssuerReturn, Now: time.Now})
	}
	return a.issuer
}
