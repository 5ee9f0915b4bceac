package contract_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// shownAPI is a partner that shows what a test wants.
type shownAPI struct {
	mu    sync.Mutex
	text  string // "" = err
	err   error
	asked int
	place string        // "" = the first of the usual ones
	block chan struct{} // nil = it answers at once
}

func (a *shownAPI) Describe(ctx context.Context) ([]byte, string, error) {
	a.mu.Lock()
	a.asked++
	text, err, block, place := a.text, a.err, a.block, cmp.Or(a.place, "/Api2/swagger/docs/V2")
	a.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return nil, "", &jobs.CallError{Class: jobs.ClassCancelled, Call: "contract", Problem: "cancelled"}
		}
	}
	if text == "" {
		return nil, "", err
	}
	return []byte(text), place, nil
}

func (a *shownAPI) shows(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text, a.err = text, nil
}

func (a *shownAPI) fails(class jobs.Class) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text, a.err = "", &jobs.CallError{Class: class, Call: "contract", Problem: "nothing here", Hint: "look elsewhere"}
}

func (a *shownAPI) times() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// shelf is a ledger in memory, with the rules of the real one. Its clock is that of the test's bubble.
type shelf struct {
	mu       sync.Mutex
	known    ledger.KnownContracts
	texts    map[string][]byte
	last     string // that the target's last run of everyone was planned under
	noted    []ledger.FoundContract
	accepted []ledger.Acceptance
	moved    bool // somebody else is always quicker
	broken   error
}

func (s *shelf) KnownContracts(context.Context, jobs.APIName) (ledger.KnownContracts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known
	known.Asked, known.Seen = -1, slices.Clone(known.Seen)
	if known.AskedAt != nil {
		known.Asked = time.Since(*known.AskedAt)
	}
	return known, s.broken
}

func (s *shelf) ContractText(_ context.Context, _ jobs.APIName, digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.texts[digest]
	if !ok {
		return nil, jobs.ErrNoContract
	}
	return text, nil
}

func (s *shelf) NoteContract(_ context.Context, _ jobs.APIName, found ledger.FoundContract) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.noted = append(s.noted, found)
	s.known.AskedAt, s.known.Problem = &now, found.Problem
	if found.Digest == "" {
		return nil
	}
	if s.texts == nil {
		s.texts = map[string][]byte{}
	}
	s.texts[found.Digest], s.known.Place = found.Text, found.Place
	seen := slices.DeleteFunc(slices.Clone(s.known.Seen), func(c ledger.SeenContract) bool { return c.Digest == found.Digest })
	s.known.Seen = append([]ledger.SeenContract{{Digest: found.Digest, Place: found.Place, LastSeen: now}}, seen...)
	return nil
}

func (s *shelf) AcceptContract(_ context.Context, _ jobs.APIName, a ledger.Acceptance) (ledger.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moved || a.Before != s.known.Accepted {
		return ledger.Accepted{}, jobs.ErrContractMoved
	}
	now := time.Now()
	s.known.Accepted, s.known.AcceptedAt, s.known.AcceptedBy = a.Digest, &now, a.By
	s.accepted = append(s.accepted, a)
	return ledger.Accepted{}, nil
}

func (s *shelf) LastContract(context.Context, int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, nil
}

// acceptances are the contracts that were accepted, each with who did: "A, B by marie".
func (s *shelf) acceptances() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, a := range s.accepted {
		text := named(a.Digest)
		if a.By != "" {
			text += " by " + a.By
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
