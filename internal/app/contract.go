package app

import (
	"context"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/contract"
	"syncd/internal/contract/advise"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
	"syncd/internal/store"
)

// Contracts are what the API says that it takes.
type Contracts struct{ app *App }

// Contracts is where what the API takes is seen, compared and accepted.
func (a *App) Contracts() Contracts { return Contracts{a} }

// Why an order about contracts is refused.
const (
	NoContract      Code = "no-contract"       // the configuration wants none: there is nothing to look at
	NoneToAccept    Code = "none-to-accept"    // likewise: there is nothing to accept
	ContractUnseen  Code = "contract-unseen"   // none was seen yet
	NothingWaits    Code = "nothing-waits"     // to be accepted
	DigestShort     Code = "digest-short"      // digest, least, inforce
	DigestOther     Code = "digest-other"      // digest, inforce
	ContractsSeen   Code = "contracts-seen"    // n, inforce: it is not clear which one is meant
	NoCall          Code = "no-call"           // call
	NoCallNear      Code = "no-call-near"      // call, near
	NoDocuments     Code = "no-documents"      // job: it sends none
	NoDocumentsCall Code = "no-documents-call" // path
)

// answerWithin is how long a person who only looks waits for an absent API, and for a table of staging that is replaced.
const answerWithin = 5 * time.Second

func (c Contracts) known(ctx context.Context) (*store.Store, *contract.Keeper, error) {
	st, err := c.app.readable(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := c.app.documents()
	if err != nil {
		return nil, nil, err
	}
	k := c.app.keeper(p, st, nil)
	if k == nil {
		return nil, nil, refuse(NoContract, nil)
	}
	return st, k, nil
}

// Fetch asks the API for its contract, and records it. A problem is no failure: what was seen last counts.
func (c Contracts) Fetch(ctx context.Context) (s *contract.Standing, problem, err error) {
	st, _, err := c.known(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := c.app.Config.Documents()
	connection, err := c.app.connection(p, answerWithin)
	if err != nil {
		return nil, nil, err
	}
	return c.app.keeper(p, st, connection).Fetch(ctx)
}

// Seen is where the contracts stand, and the one of a digest; "" = the one in force.
func (c Contracts) Seen(ctx context.Context, digest string) (*contract.Standing, *openapi.Document, error) {
	_, k, err := c.known(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := seen(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	document := s.Newest
	if digest != "" {
		if document, err = k.Document(ctx, s, digest); err != nil {
			return nil, nil, &Refused{Code: BadValue, Err: err}
		}
	}
	return s, document, nil
}

// seen is where the contracts stand; it is an error that none was ever seen.
func seen(ctx context.Context, k *contract.Keeper) (*contract.Standing, error) {
	s, err := k.Standing(ctx)
	if err == nil && s.Newest == nil {
		return nil, refuse(ContractUnseen, nil)
	}
	return s, err
}

// Call is what one call takes, by its path, verb and path, or name.
func (c Contracts) Call(ctx context.Context, digest, name string) (*openapi.Operation, error) {
	_, document, err := c.Seen(ctx, digest)
	if err != nil {
		return nil, err
	}
	op, near := document.Operation(name)
	switch {
	case op != nil:
		return op, nil
	case len(near) > 0:
		return nil, refuse(NoCallNear, Args{"call": name, "near": strings.Join(near, " or ")})
	}
	return nil, refuse(NoCall, Args{"call": name})
}

// Compare is where the contracts stand, with what changed: since the accepted one or, where digests name one or two, from the
// first to the second or the newest.
func (c Contracts) Compare(ctx context.Context, digests ...string) (*contract.Standing, error) {
	_, k, err := c.known(ctx)
	if err != nil {
		return nil, err
	}
	s, err := seen(ctx, k)
	if err != nil || len(digests) == 0 {
		return s, err
	}
	chosen := []*openapi.Document{nil, s.Newest}
	for i, digest := range digests {
		if chosen[i], err = k.Document(ctx, s, digest); err != nil {
			return nil, &Refused{Code: BadValue, Err: err}
		}
	}
	s.Accepted, s.Newest, s.Changes = chosen[0], chosen[1], k.Changes(chosen[0], chosen[1])
	return s, nil
}

// Accept accepts the newest contract, so that runs may send under it. digest names the one that the person looked at; "" only
// passes where one alone was seen since the last acceptance.
func (c Contracts) Accept(ctx context.Context, digest string, by Decision) (*contract.Standing, *ledger.Accepted, error) {
	if err := by.Check(ledger.DecisionContractAccept); err != nil {
		return nil, nil, err
	}
	st, err := c.app.deciding(ctx, c.app.keyedLedger)
	if err != nil {
		return nil, nil, err
	}
	p, err := c.app.documents()
	if err != nil {
		return nil, nil, err
	}
	if err := c.app.agree(ctx, st, c.app.sendingJobs("")...); err != nil {
		return nil, nil, err
	}
	k := c.app.keeper(p, st, nil)
	if k == nil {
		return nil, nil, refuse(NoneToAccept, nil)
	}
	s, err := seen(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	if !s.Waits() {
		return nil, nil, refuse(NothingWaits, nil)
	}
	if err := lookedAt(s, digest); err != nil {
		return nil, nil, err
	}
	decision := ledger.Acceptance{By: by.By, Reason: by.Reason, Expires: map[string]time.Duration{}}
	for _, job := range c.app.Config.Jobs {
		decision.Expires[job.Name] = job.HoldExpires
	}
	accepted, err := k.Accept(ctx, s, decision)
	return s, &accepted, err
}

// minDigest is how much of a digest names a contract.
const minDigest = 4

// lookedAt refuses to accept a contract that the person may not have seen.
func lookedAt(s *contract.Standing, digest string) error {
	about := Args{"digest": digest, "least": minDigest, "inforce": s.Newest.Digest}
	if digest != "" {
		switch named := strings.HasPrefix(s.Newest.Digest, strings.ToLower(digest)); {
		case named && len(digest) < minDigest:
			return refuse(DigestShort, about)
		case !named:
			return refuse(DigestOther, about)
		}
		return nil
	}
	waiting := 0
	for _, seen := range s.Known.Seen {
		if seen.Digest != s.Known.Accepted && seen.LastSeen.After(*s.Known.AcceptedAt) {
			waiting++
		}
	}
	if waiting > 1 {
		about["n"] = waiting
		return refuse(ContractsSeen, about)
	}
	return nil
}

// Draft writes, as TOML to paste, the fields of a job from the contract and the columns of staging.
func (c Contracts) Draft(ctx context.Context, words *locale.Catalogue, name string, of Selection) (string, error) {
	st, k, err := c.known(ctx)
	if err != nil {
		return "", err
	}
	job, err := c.app.Config.Job(name)
	if err != nil {
		return "", err
	}
	if !job.Kind.Sends() {
		return "", refuse(NoDocuments, Args{"job": name})
	}
	s, err := seen(ctx, k)
	if err != nil {
		return "", err
	}
	if s.Derived.Operation == nil || s.Derived.Operation.Body == nil {
		return "", refuse(NoDocumentsCall, Args{"path": c.app.Config.PartnerOf(job).Documents.Call.Path})
	}
	push, err := c.app.Config.DraftJob(name)
	if err != nil {
		return "", err
	}
	dossiers, err := of.dossiersOf(c.app.Config, job)
	if err != nil {
		return "", err
	}
	staging, nomenclatures, err := c.app.lookAt(ctx, st, &push, dossiers[0], job.PeriodAt(c.app.Now()))
	if err != nil {
		return "", err
	}
	return advise.Scaffold(words, s.Derived.Operation, push, staging.Shape, nomenclatures), nil
}

// lookAt reads what a job's queries return for a dossier, and the nomenclatures that were pulled for it: none without a
// ledger.
func (a *App) lookAt(ctx context.Context, st *store.Store, push *jobs.PushJob, d config.Dossier, period jobs.Period) (store.Description,
	mapping.Nomenclatures, error) {
	staging, err := a.staging()
	if err != nil {
		return store.Description{}, nil, err
	}
	at := a.Target(a.Config.Documents(), d)
	description, err := staging.Describe(ctx, push.Source, jobs.QueryParams(at, period))
	if err != nil {
		return store.Description{}, nil, err
	}
	if st == nil {
		return description, mapping.Nomenclatures{}, nil
	}
	target, known, err := st.Target(ctx, at)
	if err != nil || !known {
		return description, mapping.Nomenclatures{}, err
	}
	nomenclatures, err := st.Nomenclatures(ctx, target.ID)
	return description, nomenclatures, err
}
