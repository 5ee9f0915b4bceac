package contract

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/contract/check"
	"syncd/internal/contract/diff"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// Standing is where the contracts of an API stand.
type Standing struct {
	Known    ledger.KnownContracts
	Problem  error                 // why none was found when the API was last asked; nil = one was
	Newest   *openapi.Document     // in force; nil = none was ever seen
	Accepted *openapi.Document     // under which is sent
	Derived  check.Derived         // what the newest says of the call that takes documents
	Advice   []check.Advice        // where that contradicts the configuration, or leaves a choice
	Changes  []jobs.ContractChange // from the accepted one to the newest

	sent    check.Derived // what the accepted one says of that call
	passing bool          // the Problem is one that may be over in a minute
}

// Waits reports whether a person must accept the newest contract before anything is sent.
func (s *Standing) Waits() bool { return slices.ContainsFunc(s.Changes, breaks) }

// against is why nothing goes to the API: the contract under which is sent says otherwise than a default for a setting that
// nobody wrote. The configuration alone says where documents and keys go, and a default of ours is nobody's word against the
// API's. The verb is that of documents. nil = it says nothing, or the same.
func (s *Standing) against(sends bool) *check.Advice {
	under := s.Derived
	if s.Waits() {
		under = s.sent
	}
	if sends && under.Verb != nil {
		return under.Verb
	}
	return under.Key
}

// Standing is where the contracts stand. Nothing is asked, recorded or accepted.
func (k *Keeper) Standing(ctx context.Context) (*Standing, error) {
	known, err := k.Ledger.KnownContracts(ctx, k.Name)
	if err != nil {
		return nil, err
	}
	return k.stand(ctx, known, nil)
}

// accepting is Standing, after accepting by the way what breaks nothing. Whoever does not find the call in both contracts
// cannot tell that.
func (k *Keeper) accepting(ctx context.Context, known ledger.KnownContracts) (*Standing, error) {
	s, err := k.stand(ctx, known, nil)
	if err != nil || s.Newest == nil || s.Newest.Digest == s.Known.Accepted || s.Waits() {
		return s, err
	}
	if both := s.sent.Operation != nil && s.Derived.Operation != nil; known.Accepted != "" && !both {
		return s, nil
	}
	_, err = k.Ledger.AcceptContract(ctx, k.Name, ledger.Acceptance{Digest: s.Newest.Digest, Before: s.Known.Accepted})
	if errors.Is(err, jobs.ErrContractMoved) {
		err = nil // another process was quicker
	}
	return s, err
}

// stand compares the newest contract, by default that of the ledger, with the accepted one.
func (k *Keeper) stand(ctx context.Context, known ledger.KnownContracts, newest *openapi.Document) (_ *Standing, err error) {
	s := &Standing{Known: known, Problem: known.Problem, Newest: newest}
	if newest == nil {
		if len(known.Seen) == 0 {
			return s, nil
		}
		if s.Newest, err = k.document(ctx, known.Seen[0].Digest); err != nil {
			return nil, err
		}
	}
	s.Derived, s.Advice = check.Derive(s.Newest, k.Settings)
	s.Accepted, s.sent = s.Newest, s.Derived
	if known.Accepted == "" || known.Accepted == s.Newest.Digest {
		return s, nil
	}
	accepted, err := k.document(ctx, known.Accepted)
	if err != nil {
		return nil, err
	}
	s.sent, _ = check.Derive(accepted, k.Settings)
	s.Changes = changesOf(s.sent, s.Derived)
	if s.Waits() {
		s.Accepted = accepted
	}
	return s, nil
}

// Accept lets syncd send under the newest contract, as a person decided.
func (k *Keeper) Accept(ctx context.Context, s *Standing, decision ledger.Acceptance) (ledger.Accepted, error) {
	decision.Digest, decision.Before = s.Newest.Digest, s.Known.Accepted
	return k.Ledger.AcceptContract(ctx, k.Name, decision)
}

// Document reads a contract of the ledger by the beginning of its digest.
func (k *Keeper) Document(ctx context.Context, s *Standing, digest string) (*openapi.Document, error) {
	for _, seen := range s.Known.Seen {
		if digest != "" && strings.HasPrefix(seen.Digest, strings.ToLower(digest)) {
			return k.document(ctx, seen.Digest)
		}
	}
	return nil, hinted.Because(jobs.ErrNoContract, "contract.not-seen", "digest", strconv.Quote(digest))
}

// Changes tells two contracts apart, as far as documents are sent by them: the call, its parameters and its body.
func (k *Keeper) Changes(before, after *openapi.Document) []jobs.ContractChange {
	if before.Digest == after.Digest {
		return nil
	}
	was, _ := check.Derive(before, k.Settings)
	is, _ := check.Derive(after, k.Settings)
	return changesOf(was, is)
}

func changesOf(was, is check.Derived) []jobs.ContractChange {
	changes := diff.Compare(was.Operation, is.Operation)
	if was.Operation != nil && is.Operation != nil {
		changes = append(moved(was, is), changes...)
	}
	return changes
}

// moved tells that the dossier's key goes elsewhere.
func moved(was, is check.Derived) (changes []jobs.ContractChange) {
	call := diff.ShortCall(was.Operation)
	if was.KeyIn != is.KeyIn || was.KeyName != is.KeyName {
		changes = append(changes, jobs.ContractChange{Operation: call, Kind: jobs.ContractParameterMoved, Path: is.KeyName,
			Old: jobs.ContractSide{Text: was.KeyIn + " " + was.KeyName}, New: jobs.ContractSide{Text: is.KeyIn + " " + is.KeyName}, Breaking: true})
	}
	return changes
}

func breaks(c jobs.ContractChange) bool { return c.Breaking }

func breaking(changes []jobs.ContractChange) []jobs.ContractChange {
	return slices.DeleteFunc(slices.Clone(changes), func(c jobs.ContractChange) bool { return !breaks(c) })
}

// Source is where the configuration says that the contract is: Auto, a URL, or the name of a file.
type Source string

// Auto looks at the usual places below the API's address.
const Auto Source = "auto"

const filePrefix = "file://"

// IsFile reports whether it is the name of a file.
func (s Source) IsFile() bool { return s != Auto && !strings.Contains(string(s), "://") }

// FilePlace is the place of what was read from a file.
func FilePlace(name string) string { return filePrefix + name }

// has reports whether a place is one of this source: what another one showed says nothing about it.
func (s Source) has(place string) bool {
	if s == Auto {
		return !strings.Contains(place, "://")
	}
	address, _, _ := strings.Cut(string(s), "?")
	return place == address || s.IsFile() && place == FilePlace(string(s))
}
