package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// Pull runs one pull of the nomenclatures of a dossier. An empty answer, or one that withdraws too much, changes
// nothing: the run is held until a person approves exactly that answer.
func (r *Runner) Pull(ctx context.Context, job *PullJob, request NewRun) (*Run, error) {
	run, err := r.Ledger.Start(ctx, request)
	if err != nil {
		return nil, err
	}
	return r.ExecutePull(ctx, job, run)
}

// ResumePull pulls again for a run that failed or was approved.
func (r *Runner) ResumePull(ctx context.Context, job *PullJob, id int64) (*Run, error) {
	request := job.Resumption()
	request.By = r.By
	run, err := r.Ledger.Resume(ctx, id, request)
	if err != nil {
		return nil, err
	}
	return r.ExecutePull(ctx, job, run)
}

// ExecutePull goes on with a run that this process has claimed.
func (r *Runner) ExecutePull(ctx context.Context, job *PullJob, run *Run) (*Run, error) {
	return r.execute(ctx, run, func(ctx context.Context, r *Runner) (Reason, error) { return r.pull(ctx, job, run) })
}

func (r *Runner) pull(ctx context.Context, job *PullJob, run *Run) (Reason, error) {
	ctx, cancel := r.untilStopped(ctx)
	defer cancel()
	if run.Planned {
		return Reason{}, nil // it was applied; only its end was not recorded
	}
	contract, err := r.contract(ctx, nil, run.Target.ID, "")
	if err != nil {
		return Reason{}, err
	}
	if err := r.identify(ctx, run); err != nil {
		return Reason{}, err
	}
	answered, err := r.API.Nomenclatures(ctx)
	if err != nil {
		return Reason{}, r.unusual(ctx, run, ServiceNomenclatures, r.API.Settings(), err)
	}
	known, err := r.Ledger.Nomenclatures(ctx, run.Target.ID)
	if err != nil {
		return Reason{}, hinted.While("reading nomenclatures", err)
	}
	changes := compareNomenclatures(known, answered)
	run.Digests.Nomenclatures = answered.Digest(slices.Sorted(maps.Keys(answered)))
	hold := guardPull(job, known, answered, changes)
	if run.Released && run.Approved == run.Digests.Nomenclatures {
		hold = Reason{}
	}
	findings, impacts, err := r.forecast(ctx, run.Target, known, answered)
	if err != nil {
		return Reason{}, err
	}
	findings = append(contract.Broken(false), findings...)
	return hold, r.Ledger.Pull(ctx, run, Pulled{Settings: r.API.Settings(), Apply: hold.Code == "", Changes: changes, Findings: findings,
		Impacts: impacts})
}

// compareNomenclatures lists what differs, by name and code. A code that is no longer answered, or answered as inactive,
// is withdrawn: it stays known, and blocks whoever uses it.
func compareNomenclatures(known, answered mapping.Nomenclatures) []NomenclatureChange {
	var changes []NomenclatureChange
	for _, name := range union(known, answered) {
		for _, code := range union(known[name], answered[name]) {
			before, was := known[name][code]
			now := answered[name][code] // a zero Entry is inactive
			change := NomenclatureChange{Name: name, Code: code, Old: before, New: now}
			switch {
			case now.Active && (!was || !before.Active):
				change.Difference = Created
			case !now.Active && before.Active:
				change.Difference = Departed
			case now.Active && now.Label != before.Label:
				change.Difference = Updated
			default:
				continue
			}
			changes = append(changes, change)
		}
	}
	return changes
}

// guardPull holds an answer that looks like an accident at the other side.
func guardPull(job *PullJob, known, answered mapping.Nomenclatures, changes []NomenclatureChange) Reason {
	active, withdrawn := countActive(known), 0
	for _, change := range changes {
		if change.Difference == Departed {
			withdrawn++
		}
	}
	switch {
	case countActive(answered) == 0:
		return Reason{Code: ReasonPullEmpty}
	case float64(withdrawn) > job.MaxWithdrawn*float64(active):
		return Reason{Code: ReasonPullShrinks, Detail: fmt.Sprintf("%d/%d", withdrawn, active),
			Cause: Because(CauseWithdraws, "n", strconv.Itoa(withdrawn), "of", strconv.Itoa(active))}
	}
	// A small nomenclature that disappears blocks the whole staff as well.
	if gone := emptied(known, answered); gone != nil {
		names := strings.Join(gone, ", ")
		return Reason{Code: ReasonPullShrinks, Detail: names, Cause: Because(CauseEmptied, "nomenclatures", names)}
	}
	return Reason{}
}

// emptied lists the nomenclatures that lose all their active codes, each with their number: "Civilite 2/2".
func emptied(known, answered mapping.Nomenclatures) []string {
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if n := activeIn(known[name]); n > 0 && activeIn(answered[name]) == 0 {
			gone = append(gone, fmt.Sprintf("%s %d/%d", name, n, n))
		}
	}
	return gone
}

func countActive(nomenclatures mapping.Nomenclatures) int {
	n := 0
	for _, entries := range nomenclatures {
		n += activeIn(entries)
	}
	return n
}

func activeIn(entries map[string]mapping.Entry) int {
	n := 0
	for _, entry := range entries {
		if entry.Active {
			n++
		}
	}
	return n
}

// union lists the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}
