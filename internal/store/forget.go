package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/store/dbsqlc"
)

// Forgotten tells what was erased of somebody, at all targets of a dossier.
type Forgotten struct {
	Name       string // that stands where the matricule stood
	Documents  int64  // of the baseline, with all that was kept of them
	Lines      int64  // of runs, which lost what they held of the person
	AuditLines int64  // lines of the audit that name the matricule: they cannot be changed
}

// Forgetting says whom to erase.
type Forgetting struct {
	Partner, Dossier, Key string
	By, Reason            string
	Present               bool // whoever is there as far as is known, or whose departure nobody settled, is erased all the same
}

// ForgetError says why somebody is not erased.
type ForgetError struct {
	Dossier, Key string
	Why          ForgetObstacle
}

// ForgetObstacle is what stands against erasing somebody.
type ForgetObstacle string

const (
	ForgetUnknown  ForgetObstacle = "unknown"
	ForgetOpen     ForgetObstacle = "open"
	ForgetDeparted ForgetObstacle = "departed"
	ForgetPresent  ForgetObstacle = "present"
	ForgetNoRecord ForgetObstacle = "no-record"
)

func (e *ForgetError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ForgetError) Fact() hinted.Fact {
	return hinted.Say("audit.forget-"+string(e.Why), "employee", strconv.Quote(e.Key), "dossier", e.Dossier)
}

// ForgetPerson erases what the ledger holds of one person, in one transaction: documents, amounts, hashes, differences,
// problems, messages, and the matricule, in whose place a name stands that only the ledger key can make from it. Sums stay. So
// does what was sent for which month, under that name: whoever comes back for such a month waits for a person. Errors:
// *ForgetError, *jobs.BusyError while a run of the dossier is executed.
func (s *Store) ForgetPerson(ctx context.Context, f Forgetting) (done Forgotten, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		done = Forgotten{}
		if err := s.keepKey(ctx, q); err != nil {
			return err
		}
		known, err := atTargets(ctx, q, f.Partner, f.Dossier, func(target int64) (bool, error) { return s.forgetAt(ctx, q, f, target, &done) })
		if err == nil && !known {
			err = &ForgetError{f.Dossier, f.Key, ForgetUnknown}
		}
		return err
	})
	return done, redactUnlessOurs("forgetting a person", s.tellDead(ctx, err))
}

// atTargets forgets at each target of a dossier, and reports whether any of them knew.
func atTargets(ctx context.Context, q *dbsqlc.Queries, partner, dossier string, forget func(target int64) (bool, error)) (known bool,
	err error) {
	targets, err := q.DossierTargets(ctx, dbsqlc.DossierTargetsParams{Partner: partner, Dossier: dossier})
	if err != nil {
		return false, err
	}
	for _, target := range targets {
		here, err := forget(target)
		if err != nil {
			return false, err
		}
		known = known || here
	}
	return known, nil
}

// RecordForgetting says which record of the inbox to erase.
type RecordForgetting struct {
	Partner, Dossier, Collection, Key string
	By, Reason                        string
}

// ForgetRecord erases what the inbox has of one record, in one transaction: what it says, what changed, its files. The key stays,
// so that nothing brings it back. Errors: *ForgetError, *jobs.BusyError while a run of the dossier is executed, jobs.ErrNoInbox.
func (s *Store) ForgetRecord(ctx context.Context, f RecordForgetting) error {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		there, err := q.InboxIsThere(ctx)
		if err == nil && !there {
			err = jobs.ErrNoInbox
		}
		if err != nil {
			return err
		}
		known, err := atTargets(ctx, q, f.Partner, f.Dossier, func(target int64) (bool, error) { return s.forgetRecordAt(ctx, q, f, target) })
		if err == nil && !known {
			err = &ForgetError{f.Dossier, f.Key, ForgetNoRecord}
		}
		return err
	})
	return redactUnlessOurs("forgetting a record", s.tellDead(ctx, err))
}

func (s *Store) forgetRecordAt(ctx context.Context, q *dbsqlc.Queries, f RecordForgetting, target int64) (known bool, err error) {
	if err := q.LockTargetByID(ctx, target); err != nil {
		return false, err
	}
	row, err := q.PeekRunning(ctx, target)
	if err == nil {
		return false, &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
	}
	if !isNoRows(err) {
		return false, err
	}
	n, err := q.ForgetRecord(ctx, dbsqlc.ForgetRecordParams{TargetID: target, Collection: f.Collection, Key: f.Key})
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := q.ForgetChanges(ctx, dbsqlc.ForgetChangesParams{TargetID: target, Collection: f.Collection, Key: f.Key}); err != nil {
		return false, err
	}
	if _, err := q.ForgetFiles(ctx, dbsqlc.ForgetFilesParams{TargetID: target, Collection: f.Collection, Key: f.Key}); err != nil {
		return false, err
	}
	if err := q.ForgetRefusedOf(ctx, dbsqlc.ForgetRefusedOfParams{TargetID: target, Collection: f.Collection, Key: f.Key}); err != nil {
		return false, err
	}
	return true, s.audit(ctx, q, target, ledger.AuditEntry{Actor: f.By, Decision: ledger.DecisionForget, Reason: f.Reason,
		Detail: f.Collection + " " + f.Key})
}

func (s *Store) forgetAt(ctx context.Context, q *dbsqlc.Queries, f Forgetting, target int64, done *Forgotten) (known bool, err error) {
	if err := q.LockTargetByID(ctx, target); err != nil {
		return false, err
	}
	against, err := q.StandsAgainst(ctx, dbsqlc.StandsAgainstParams{TargetID: target, Key: f.Key})
	if err != nil || !against.Known {
		return false, err
	}
	row, err := q.PeekRunning(ctx, target)
	switch {
	case err == nil:
		return false, &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
	case !isNoRows(err):
		return false, err
	case against.Open:
		return false, &ForgetError{f.Dossier, f.Key, ForgetOpen}
	case against.Departed && !f.Present:
		return false, &ForgetError{f.Dossier, f.Key, ForgetDeparted}
	case against.Present && !f.Present:
		return false, &ForgetError{f.Dossier, f.Key, ForgetPresent}
	}
	name := s.forgottenName(target, f.Key)
	if err := s.erase(ctx, q, target, f.Key, name, done); err != nil {
		return false, err
	}
	done.Name = name
	return true, s.audit(ctx, q, target, ledger.AuditEntry{Actor: f.By, Decision: ledger.DecisionForget,
		Employees: []string{name}, Reason: f.Reason})
}

func (s *Store) erase(ctx context.Context, q *dbsqlc.Queries, target int64, key, name string, done *Forgotten) error {
	if err := q.RememberForgotten(ctx, dbsqlc.RememberForgottenParams{TargetID: target, Key: key, Name: name}); err != nil {
		return err
	}
	documents, err := q.EraseBaseline(ctx, dbsqlc.EraseBaselineParams{TargetID: target, Key: key})
	if err != nil {
		return err
	}
	if err := q.EraseReadings(ctx, dbsqlc.EraseReadingsParams{TargetID: target, Key: key, Name: name}); err != nil {
		return err
	}
	if err := q.EraseTraces(ctx, dbsqlc.EraseTracesParams{TargetID: target, Key: key}); err != nil {
		return err
	}
	lines, err := q.EraseItems(ctx, dbsqlc.EraseItemsParams{TargetID: target, Key: key, Name: name})
	if err != nil {
		return err
	}
	if err := q.EraseFromRuns(ctx, dbsqlc.EraseFromRunsParams{TargetID: target, Key: key, Quoted: strconv.Quote(key),
		Name: name}); err != nil {
		return err
	}
	if err := eraseFromFindings(ctx, q, target, key, name); err != nil {
		return err
	}
	if err := eraseFromStrays(ctx, q, target, key, name); err != nil {
		return err
	}
	if err := s.eraseFromSums(ctx, q, target, key); err != nil {
		return err
	}
	audit, err := q.AuditNaming(ctx, dbsqlc.AuditNamingParams{TargetID: &target, Key: key})
	done.Documents, done.Lines, done.AuditLines = done.Documents+documents, done.Lines+lines, done.AuditLines+audit
	return err
}

// eraseFromFindings renames somebody where guards found something about others.
func eraseFromFindings(ctx context.Context, q *dbsqlc.Queries, target int64, key, name string) error {
	runs, err := q.RunsNaming(ctx, dbsqlc.RunsNamingParams{TargetID: target, Key: key})
	if err != nil {
		return err
	}
	for _, run := range runs {
		findings, err := renamed(run.Findings, key, name)
		if err != nil {
			return err
		}
		if err := q.SetRunFindings(ctx, dbsqlc.SetRunFindingsParams{ID: run.ID, Findings: findings}); err != nil {
			return err
		}
	}
	items, err := q.ItemsNaming(ctx, dbsqlc.ItemsNamingParams{TargetID: target, Key: key})
	if err != nil {
		return err
	}
	for _, item := range items {
		findings, err := renamed(item.Findings, key, name)
		if err != nil {
			return err
		}
		if err := q.SetItemFindings(ctx, dbsqlc.SetItemFindingsParams{RunID: item.RunID, Seq: item.Seq, Findings: findings}); err != nil {
			return err
		}
	}
	return nil
}

// eraseFromStrays renames somebody where they were told as the likely owner of elements that nobody had.
func eraseFromStrays(ctx context.Context, q *dbsqlc.Queries, target int64, key, name string) error {
	items, err := q.StraysNaming(ctx, dbsqlc.StraysNamingParams{TargetID: target, Key: key})
	if err != nil {
		return err
	}
	for _, item := range items {
		var problems []mapping.Problem
		if err := json.Unmarshal(item.Problems, &problems); err != nil {
			return hinted.While("reading problems of the ledger", err)
		}
		mapping.Restore(problems)
		for _, p := range problems {
			for i := range p.Nearest {
				if p.Nearest[i].Code == key {
					p.Nearest[i].Code = name
				}
			}
		}
		text, err := json.Marshal(problems)
		if err != nil {
			return err
		}
		if err := q.SetItemProblems(ctx, dbsqlc.SetItemProblemsParams{RunID: item.RunID, Seq: item.Seq, Problems: text}); err != nil {
			return err
		}
	}
	return nil
}

// eraseFromSums removes somebody's amounts where they are told beside a sum, and the sum where it is theirs alone. Altered ones tell
// nobody anything.
func (s *Store) eraseFromSums(ctx context.Context, q *dbsqlc.Queries, target int64, key string) error {
	rows, err := q.SumsOfTarget(ctx, target)
	if err != nil {
		return err
	}
	var again dbsqlc.ResealSumsParams
	for _, row := range rows {
		at := place{target: target, period: jobs.Period(value(row.Period)), run: row.RunID}
		kept, err := s.openSums(row.Sealed, at)
		if err != nil || !kept.Forget(key) {
			continue
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return hinted.While("writing the sums of a run", err)
		}
		again.Runs, again.Sealed = append(again.Runs, row.RunID), append(again.Sealed, s.keys.seal(sums, text, at))
	}
	return q.ResealSums(ctx, again)
}

// renamed puts a name in the place of a matricule, in findings as the ledger keeps them.
func renamed(text []byte, key, name string) ([]byte, error) {
	var findings []map[string]any
	if err := json.Unmarshal(text, &findings); err != nil {
		return nil, hinted.While("reading findings of the ledger", err)
	}
	for _, finding := range findings {
		keys, _ := finding["keys"].([]any)
		for i := range keys {
			if keys[i] == key {
				keys[i] = name
			}
		}
	}
	return json.Marshal(findings)
}

// forgottenName is what stands for a matricule that was erased: the same each time, and made by the lasting key alone.
func (s *Store) forgottenName(target int64, key string) string {
	sum := s.keys.lastingFingerprinter().Sum(fmt.Appendf(nil, "name %d %s", target, key))
	return "forgotten-" + hex.EncodeToString(sum[:6])
}

// forgotten tells whom nobody remembers any more; nil = there is no such name.
func (s *Store) forgotten(target int64, names []string) func(key string) bool {
	if len(names) == 0 {
		return nil
	}
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	return func(key string) bool { return known[s.forgottenName(target, key)] }
}
