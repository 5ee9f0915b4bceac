package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// keptContracts is how many contracts of an API stay that nobody needs any more.
const keptContracts = 20

func named(api jobs.APIName) dbsqlc.FindAPIParams {
	return dbsqlc.FindAPIParams{Partner: api.Partner, Environment: api.Environment, BaseUrl: jobs.NormalAddress(api.BaseURL)}
}

// KnownContracts tells what the ledger knows of an API's contracts.
func (s *Store) KnownContracts(ctx context.Context, api jobs.APIName) (ledger.KnownContracts, error) {
	row, err := s.queries.FindAPI(ctx, named(api))
	if isNoRows(err) {
		return ledger.KnownContracts{}, nil
	}
	if err != nil {
		return ledger.KnownContracts{}, redact("reading contracts", err)
	}
	a := row.SyncdApi
	known := ledger.KnownContracts{AskedAt: a.AskedAt, Place: a.Place,
		Accepted: a.AcceptedDigest, AcceptedAt: a.AcceptedAt, AcceptedBy: a.AcceptedBy, AcceptedFor: a.AcceptedReason}
	if a.Problem != "" {
		kept := &hinted.Kept{}
		problem, hint, _ := strings.Cut(a.Problem, "\nhint: ") // as earlier programs kept it
		if kept.What = hinted.Plain(problem); hint != "" {
			kept.Next = hinted.Plain(hint)
		}
		if a.ProblemFacts != nil {
			if err := json.Unmarshal(a.ProblemFacts, kept); err != nil {
				return ledger.KnownContracts{}, hinted.While("reading why there is no contract", err)
			}
		}
		known.Problem = kept
	}
	known.Asked = time.Duration(row.Age * float64(time.Second))
	contracts, err := s.queries.ListContracts(ctx, a.ID)
	for _, c := range contracts {
		known.Seen = append(known.Seen, ledger.SeenContract{Digest: c.Digest, Place: c.Place, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen})
	}
	return known, redact("reading contracts", err)
}

// ContractText reads a contract as it was found. An unknown digest is jobs.ErrNoContract.
func (s *Store) ContractText(ctx context.Context, api jobs.APIName, digest string) ([]byte, error) {
	row, err := s.queries.FindAPI(ctx, named(api))
	if err == nil {
		var text []byte
		if text, err = s.queries.ContractText(ctx, dbsqlc.ContractTextParams{ApiID: row.SyncdApi.ID, Digest: digest}); err == nil {
			return text, nil
		}
	}
	if isNoRows(err) {
		return nil, jobs.ErrNoContract
	}
	return nil, redact("reading a contract", err)
}

// NoteContract records that an API was asked, and what it showed: a contract, which is then the one in force, or why none.
func (s *Store) NoteContract(ctx context.Context, api jobs.APIName, found ledger.FoundContract) error {
	return redact("recording a contract", s.transact(ctx, func(q *dbsqlc.Queries) error {
		a, err := q.EnsureAPI(ctx, dbsqlc.EnsureAPIParams(named(api)))
		if err != nil {
			return err
		}
		asked := dbsqlc.NoteAskedParams{ID: a.ID, Place: found.Place}
		if kept := hinted.Keep(found.Problem); kept != nil {
			asked.Problem = kept.Error()
			if asked.ProblemFacts, err = json.Marshal(kept); err != nil {
				return err
			}
		}
		if err := q.NoteAsked(ctx, asked); err != nil || found.Digest == "" {
			return err
		}
		if err := q.SeeContract(ctx, dbsqlc.SeeContractParams{ApiID: a.ID, Digest: found.Digest, Document: found.Text,
			Place: found.Place}); err != nil {
			return err
		}
		return q.ForgetContracts(ctx, dbsqlc.ForgetContractsParams{ApiID: a.ID, Keep: keptContracts})
	}))
}

// AcceptContract lets syncd send under the contract in force, which takes the place of the accepted one before. With nobody
// named it breaks nothing. A person's decision leaves a line in the audit, and tells held runs that were planned under
// another contract apart from those that waited for this one; those of them that wait for nothing else are then approved
// one by one. Another contract that was accepted or seen meanwhile is jobs.ErrContractMoved.
func (s *Store) AcceptContract(ctx context.Context, api jobs.APIName, a ledger.Acceptance) (done ledger.Accepted, err error) {
	var waiting []dbsqlc.HeldByContractRow
	var outdated []int64
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		known, err := q.EnsureAPI(ctx, dbsqlc.EnsureAPIParams(named(api)))
		if err != nil {
			return err
		}
		n, err := q.AcceptContract(ctx, dbsqlc.AcceptContractParams{ID: known.ID, Digest: a.Digest, Before: a.Before,
			AcceptedBy: a.By, AcceptedReason: a.Reason})
		switch {
		case err != nil:
			return err
		case n == 0:
			return jobs.ErrContractMoved
		case a.By == "":
			return nil
		}
		if err := s.audit(ctx, q, 0, ledger.AuditEntry{Actor: a.By, Decision: ledger.DecisionContractAccept, Reason: a.Reason,
			Facts: ledger.AuditFacts{Digest: a.Digest}}); err != nil {
			return err
		}
		held := dbsqlc.HeldByContractParams{Partner: api.Partner, Environment: api.Environment, BaseUrl: jobs.NormalAddress(api.BaseURL),
			Digest: a.Digest}
		if waiting, err = q.HeldByContract(ctx, held); err != nil {
			return err
		}
		if err := q.NoteAccepted(ctx, dbsqlc.NoteAcceptedParams(held)); err != nil {
			return err
		}
		outdated, err = q.OutdateHeld(ctx, dbsqlc.OutdateHeldParams(held))
		return err
	})
	if err != nil {
		return done, redactUnlessOurs("accepting a contract", err)
	}
	if done.Released, err = s.releaseAccepted(ctx, waiting, a); err != nil {
		return done, err
	}
	done.Outdated, err = s.runs(ctx, outdated)
	return done, err
}

// releaseAccepted approves the runs that only waited for a contract to be accepted. Whatever stands in the way of one (it
// waited too long, its period was closed, a newer plan is being made) leaves it held.
func (s *Store) releaseAccepted(ctx context.Context, waiting []dbsqlc.HeldByContractRow, a ledger.Acceptance) ([]jobs.Run, error) {
	var released []int64
	for _, run := range waiting {
		_, err := s.Approve(ctx, run.ID, Approval{By: a.By, Reason: a.Reason, Expires: a.Expires[run.Job]})
		switch {
		case err == nil:
			released = append(released, run.ID)
		case !isOurs(err):
			return nil, err
		}
	}
	return s.runs(ctx, released)
}

func (s *Store) runs(ctx context.Context, ids []int64) (runs []jobs.Run, err error) {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		run, err := s.Run(ctx, id)
		if err != nil {
			return runs, err
		}
		runs = append(runs, *run)
	}
	return runs, nil
}

// LastContract is the digest of the contract that a target's last run of everyone was planned under; "" = none.
func (s *Store) LastContract(ctx context.Context, target int64) (string, error) {
	digest, err := s.queries.LastContract(ctx, target)
	if isNoRows(err) {
		return "", nil
	}
	return digest, redact("reading earlier runs", err)
}

// refuseUnaccepted refuses to let a run go whose plan waits for its contract to be accepted.
func refuseUnaccepted(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if run.State == jobs.Held && run.Failure.Code == jobs.ReasonContract {
		return &jobs.ContractError{Run: *run, Outdated: true}
	}
	if run.State == jobs.Held && run.Failure.Code == jobs.ReasonFormOutdated {
		return &jobs.FormError{Run: *run}
	}
	if run.State != jobs.Held || !run.WaitsForContract() {
		return nil
	}
	row, err := q.FindAPI(ctx, named(run.Target.API()))
	if err != nil || row.SyncdApi.AcceptedDigest == run.Digests.Contract {
		return err
	}
	newest, err := q.ListContracts(ctx, row.SyncdApi.ID)
	if err != nil {
		return err
	}
	outdated := len(newest) > 0 && newest[0].Digest != run.Digests.Contract // nothing is left to accept that it waits for
	return &jobs.ContractError{Run: *run, Outdated: outdated}
}
