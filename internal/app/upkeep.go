package app

import (
	"context"
	"errors"
	"regexp"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

// Upkeep is what is done to the ledger as a whole, and the erasure of one person.
type Upkeep struct{ app *App }

// Upkeep is where the ledger is kept in order.
func (a *App) Upkeep() Upkeep { return Upkeep{a} }

// Migrate creates the ledger's tables or brings them to this version, and returns the numbers of the migrations.
func (u Upkeep) Migrate(ctx context.Context) (from, to int64, err error) {
	url, err := u.app.Config.Database.URL.Read()
	if err != nil {
		return 0, 0, err
	}
	return store.Migrate(ctx, url)
}

// Why a purge or an erasure is refused.
const (
	ForceIdle   Code = "force-idle"    // to force confirms a deletion, and there is to be none
	ReasonIdle  Code = "reason-idle"   // a reason is for what is forced
	ReasonNames Code = "reason-names"  // the reason of an erasure names the matricule
	NoFormerKey Code = "no-former-key" // the configuration names no former key
	OneDossier  Code = "one-dossier"   // example: each dossier has data of its own
	NotOfJob    Code = "not-of-job"    // job, dossier
	NoPeriod    Code = "no-period"     // job
)

// Purging asks for what is past its time to be deleted.
type Purging struct {
	Apply bool // else it is only counted
	Force bool // although it is much, or the clock leapt; needs a reason
	Decision
}

func (o Purging) check() error {
	switch {
	case o.Force && !o.Apply:
		return refuse(ForceIdle, nil)
	case o.Force:
		return o.Check(ledger.DecisionPurge)
	case o.Reason != "":
		return refuse(ReasonIdle, nil)
	}
	return nil
}

// Purge deletes or counts what is past its time. held tells why a purge would wait for a person; one that was to be applied
// fails with it.
func (u Upkeep) Purge(ctx context.Context, o Purging) (purged store.Purged, held *store.PurgeHeldError, err error) {
	if err := o.check(); err != nil {
		return purged, nil, err
	}
	st, err := u.app.deciding(ctx, u.app.keyedLedger)
	if err != nil {
		return purged, nil, err
	}
	order := u.app.purgeOrder()
	order.By, order.Dry, order.Force, order.Reason = o.By, !o.Apply, o.Force, o.Reason
	purged, err = st.Purge(ctx, order)
	if err != nil && (!errors.As(err, &held) || o.Apply || is[*jobs.ClockError](err)) {
		return purged, nil, err
	}
	return purged, held, nil
}

func (a *App) purgeOrder() store.PurgeOrder {
	return store.PurgeOrder{Share: a.Config.Retention.MaxShare, Cutoffs: a.cutoffs}
}

func (a *App) cutoffs(now time.Time) store.Cutoffs {
	cutoff := func(age config.Age) time.Time {
		before, ok := age.Before(now)
		if !ok {
			return time.Time{} // for ever
		}
		return before
	}
	r := a.Config.Retention
	return store.Cutoffs{Diffs: cutoff(r.Diffs), Items: cutoff(r.Items), Runs: cutoff(r.Runs), Fires: cutoff(r.Fires),
		Documents: cutoff(r.Baseline), Files: cutoff(r.Files), Readings: cutoff(r.Readings), Traces: a.traces()}
}

// traces are those of the members that any job compares between people.
func (a *App) traces() store.Traces {
	var pushes []jobs.PushJob
	for _, j := range a.Config.Jobs {
		if push, err := a.Config.PushJob(j.Name); err == nil {
			pushes = append(pushes, push)
		}
	}
	return func(document []byte) []jobs.Trace {
		var all []jobs.Trace
		for i := range pushes {
			all = append(all, pushes[i].Traces(document)...)
		}
		return all
	}
}

// Forgetting asks for one person who has left to be erased.
type Forgetting struct {
	Dossier string // it may be one that is no longer configured
	Key     string // the matricule
	Force   bool   // also somebody who was there when staging was last read, or has departed unsettled
	Decision
}

// Forget erases what the ledger holds of one person. Errors: *Refused, *store.ForgetError.
func (u Upkeep) Forget(ctx context.Context, o Forgetting) (store.Forgotten, error) {
	if err := o.Check(ledger.DecisionForget); err != nil {
		return store.Forgotten{}, err
	}
	if names(o.Reason, o.Key) {
		return store.Forgotten{}, refuse(ReasonNames, nil)
	}
	st, err := u.app.deciding(ctx, u.app.keyedLedger)
	if err != nil {
		return store.Forgotten{}, err
	}
	p, err := u.app.documents()
	if err != nil {
		return store.Forgotten{}, err
	}
	return st.ForgetPerson(ctx, store.Forgetting{Partner: p.Name, Dossier: o.Dossier, Key: o.Key, By: o.By,
		Reason: o.Reason, Present: o.Force})
}

// names reports whether a text names a matricule as a word.
func names(text, key string) bool {
	return regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(key) + `($|[^\pL\pN])`).MatchString(text)
}

// Rekey seals anew what is sealed in the ledger, from the former key to the one that the configuration names. progress hears
// how many rows are done.
func (u Upkeep) Rekey(ctx context.Context, by Decision, progress func(rows int64)) (store.Rekeyed, error) {
	if err := by.Check(ledger.DecisionRekey); err != nil {
		return store.Rekeyed{}, err
	}
	st, err := u.app.deciding(ctx, u.app.readable)
	if err != nil {
		return store.Rekeyed{}, err
	}
	if u.app.Config.Database.FormerKey.IsZero() {
		return store.Rekeyed{}, refuse(NoFormerKey, nil)
	}
	former, err := keysOf(u.app.Config.FormerKey)
	if err != nil {
		return store.Rekeyed{}, err
	}
	next, err := keysOf(u.app.Config.LedgerKey)
	if err != nil {
		return store.Rekeyed{}, err
	}
	return st.Rekey(ctx, former, next, by.By, by.Reason, progress)
}
