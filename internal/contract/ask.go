package contract

import (
	"context"
	"errors"
	"time"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const (
	askEvery   = time.Hour       // how long what the API showed counts, before a run asks again
	retryEvery = 5 * time.Minute // the same when it showed nothing: runs of many dossiers must not all wait for it
)

// current is the standing, after asking the API when nobody did lately. An API that shows nothing is no error.
func (k *Keeper) current(ctx context.Context) (*Standing, error) {
	if err := k.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer k.endTurn()
	known, err := k.Ledger.KnownContracts(ctx, k.Name)
	if err != nil {
		return nil, err
	}
	if k.API == nil {
		return k.stand(ctx, known, nil)
	}
	if k.due(known) {
		problem, err := k.ask(ctx)
		if err != nil {
			return nil, err
		}
		if problem != nil && (known.Problem == nil || problem.Error() != known.Problem.Error()) {
			k.Log.Warn().Str("problem", hinted.FirstLine(problem.Error())).Msg("no contract of the API can be read: " +
				"documents are checked against the last one, if there is any")
		}
		if known, err = k.Ledger.KnownContracts(ctx, k.Name); err != nil {
			return nil, err
		}
	}
	standing, err := k.accepting(ctx, known)
	if err == nil {
		standing.passing = k.passing
	}
	return standing, err
}

// due reports whether to ask. A file costs nothing, a configuration that names another source wants what is there, and where
// nothing can be sent without an answer, each process asks for itself.
func (k *Keeper) due(known ledger.KnownContracts) bool {
	switch {
	case known.AskedAt == nil, k.Source.IsFile(), known.Place != "" && !k.Source.has(known.Place):
		return true
	case len(known.Seen) == 0 && k.Source != Auto && !k.asked:
		return true
	case known.Problem != nil:
		return known.Asked >= retryEvery
	}
	return known.Asked >= askEvery
}

// Fetch asks the API now. The problem tells why nothing was found; nil = something was.
func (k *Keeper) Fetch(ctx context.Context) (_ *Standing, problem, err error) {
	if err := k.takeTurn(ctx); err != nil {
		return nil, nil, err
	}
	defer k.endTurn()
	if problem, err = k.ask(ctx); err != nil {
		return nil, nil, err
	}
	known, err := k.Ledger.KnownContracts(ctx, k.Name)
	if err != nil {
		return nil, nil, err
	}
	standing, err := k.accepting(ctx, known)
	return standing, problem, err
}

// Look is where the contracts would stand if the API were asked now. Nothing is recorded and nothing accepted.
func (k *Keeper) Look(ctx context.Context) (_ *Standing, problem, err error) {
	known, err := k.Ledger.KnownContracts(ctx, k.Name)
	if err != nil {
		return nil, nil, err
	}
	found, problem, _, err := k.describe(ctx)
	if err != nil {
		return nil, nil, err
	}
	var newest *openapi.Document // nil = what is known stays in force
	if found != nil {
		newest = found.document
	}
	standing, err := k.stand(ctx, known, newest)
	return standing, problem, err
}

// shown is a contract that the API showed.
type shown struct {
	document *openapi.Document
	text     []byte
	place    string
}

// describe asks for the contract and reads it. The problem tells why there is none, and passing that it may be over soon.
func (k *Keeper) describe(ctx context.Context) (found *shown, problem error, passing bool, err error) {
	text, place, err := k.API.Describe(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, nil, false, ctx.Err()
	case err != nil: // it is told as the problem
		call, isCall := errors.AsType[*jobs.CallError](err)
		return nil, err, isCall && call.Class == jobs.ClassTemporary, nil
	}
	document, err := k.read(text)
	if err != nil {
		return nil, at(place, err), false, nil
	}
	if derived, _ := check.Derive(document, k.Settings); derived.Broken != nil { // what is sent could not be checked, or only in part
		return nil, at(place, derived.Broken.WhyBroken().For(k.Settings.Documents)), false, nil
	}
	return &shown{document, text, place}, nil, false, nil
}

// at is why what is at a place is no contract.
func at(place string, why error) error {
	kept := hinted.Keep(why)
	return &hinted.Coded{Fact: hinted.Say("contract.at", "where", place, "what", kept.What), Next: kept.Next}
}

// ask asks the API for its contract and records what it shows.
func (k *Keeper) ask(ctx context.Context) (problem, err error) {
	found, problem, passing, err := k.describe(ctx)
	if err != nil {
		return nil, err
	}
	k.asked, k.passing = true, passing
	note := ledger.FoundContract{Problem: problem}
	if found != nil {
		note = ledger.FoundContract{Digest: found.document.Digest, Text: found.text, Place: found.place}
		k.memory.keep(found.document)
	}
	return problem, k.Ledger.NoteContract(ctx, k.Name, note)
}

func (k *Keeper) takeTurn(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Keeper) endTurn() { <-k.turn }
