package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// API is the partner's side.
type API interface {
	// Describe asks for the contract. An error is a *jobs.CallError.
	Describe(ctx context.Context) (text []byte, place string, err error)
}

// Ledger keeps contracts; package store has it.
type Ledger interface {
	KnownContracts(ctx context.Context, api jobs.APIName) (ledger.KnownContracts, error)
	ContractText(ctx context.Context, api jobs.APIName, digest string) ([]byte, error)
	NoteContract(ctx context.Context, api jobs.APIName, found ledger.FoundContract) error
	AcceptContract(ctx context.Context, api jobs.APIName, a ledger.Acceptance) (ledger.Accepted, error)
	LastContract(ctx context.Context, target int64) (string, error)
}

// Options say whose contracts a Keeper keeps.
type Options struct {
	API      API // nil = the API is not asked: what it told last counts
	Ledger   Ledger
	Name     jobs.APIName
	Settings check.Settings
	Source   Source
	Log      zerolog.Logger
}

// Keeper knows which contract is in force: the newest that the API showed, as the API behaves by it. Nothing is sent
// under one that changed for the worse before a person has accepted it. It is safe for concurrent use.
type Keeper struct {
	Options
	turn    chan struct{} // the runs of a process ask the API once
	memory  memory
	asked   bool // by this process; it and what follows are of whoever has the turn
	passing bool // what was in the way then may be over in a minute
}

// NewKeeper makes a keeper. Nothing is asked yet.
func NewKeeper(o Options) *Keeper { return &Keeper{Options: o, turn: make(chan struct{}, 1)} }

// InForce implements jobs.Contracts. Without a job it only looks whether the contract has changed.
func (k *Keeper) InForce(ctx context.Context, job *jobs.PushJob, target int64, since string) (*jobs.Contract, error) {
	standing, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	if standing.Newest == nil {
		return k.none(job, standing)
	}
	if against := standing.against(job != nil); against != nil {
		return nil, refused(jobs.ClassConfiguration, against.Cause, against.Fact, against.Next)
	}
	before, err := k.Ledger.LastContract(ctx, target)
	if err != nil {
		return nil, err
	}
	if since == "" {
		since = before
	}
	c := &jobs.Contract{Digest: standing.Newest.Digest, Before: before, Breaking: breaking(standing.Changes)}
	if c.Since, err = k.since(ctx, since, standing.Newest); err != nil {
		return nil, err
	}
	switch op := standing.Derived.Operation; {
	case op == nil || job == nil:
	case op.Body == nil:
		c.NoJSON, c.Takes = true, op.Media
	default:
		c.Checker, c.Unknown = check.NewChecker(op.Body), check.Unknown(op, job.Mapping)
	}
	return c, nil
}

// none is for a job without any contract: it goes unchecked, unless the configuration says where the contract is. A server
// that is away for a moment is waited for.
func (k *Keeper) none(job *jobs.PushJob, s *Standing) (*jobs.Contract, error) {
	switch {
	case job == nil:
		return nil, nil
	case k.Source == Auto || k.API == nil:
		return &jobs.Contract{}, nil
	}
	class, cause := jobs.ClassConfiguration, jobs.CauseContract
	if s.passing {
		class, cause = jobs.ClassTemporary, jobs.CauseContractAway
	}
	why := hinted.Keep(s.Problem).What
	if why.Met == "contract" { // which is said already
		why.Met = ""
	}
	return nil, refused(class, jobs.Because(cause), hinted.Say("contract.named-unread", "why", why),
		hinted.Say("contract.hint-named-unread", "documents", k.Settings.Documents))
}

// read is openapi.Read, with the section that hints name.
func (k *Keeper) read(text []byte) (*openapi.Document, error) {
	document, err := openapi.Read(text)
	if wrong, ok := errors.AsType[*openapi.ReadError](err); ok {
		err = wrong.For(k.Settings.Documents)
	}
	return document, err
}

// since tells what changed between an earlier contract and this one.
func (k *Keeper) since(ctx context.Context, digest string, now *openapi.Document) ([]jobs.ContractChange, error) {
	if digest == "" || digest == now.Digest {
		return nil, nil
	}
	earlier, err := k.document(ctx, digest)
	if errors.Is(err, jobs.ErrNoContract) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return k.Changes(earlier, now), nil
}

// keptDocuments bounds what a process that runs for months remembers.
const keptDocuments = 4

// memory keeps the few contracts that are looked at again and again, by digest.
type memory struct {
	mu        sync.Mutex
	documents map[string]*openapi.Document
}

func (m *memory) get(digest string) *openapi.Document {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.documents[digest]
}

func (m *memory) keep(d *openapi.Document) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.documents == nil || len(m.documents) >= keptDocuments {
		m.documents = map[string]*openapi.Document{}
	}
	m.documents[d.Digest] = d
}

// document reads a contract of the ledger.
func (k *Keeper) document(ctx context.Context, digest string) (*openapi.Document, error) {
	if known := k.memory.get(digest); known != nil {
		return known, nil
	}
	text, err := k.Ledger.ContractText(ctx, k.Name, digest)
	if err != nil {
		return nil, err
	}
	document, err := k.read(text)
	if err != nil {
		return nil, hinted.At("reading a contract of the ledger", fmt.Sprintf("%.12s", digest), err)
	}
	if document.Digest != digest { // another version of syncd made it: keep to the name that the ledger knows
		document.Digest = digest
	}
	k.memory.keep(document)
	return document, nil
}
