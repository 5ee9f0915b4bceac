-- +goose Up
-- What pages, commands and alerts look for, found without reading all that years have left: most runs are pulls, which have no period.
CREATE INDEX run_by_period ON syncd.run (period, target_id, id) WHERE period IS NOT NULL;
CREATE INDEX run_lately ON syncd.run (job, target_id, created_at) WHERE period IS NOT NULL;
CREATE INDEX run_pulled ON syncd.run (job, target_id, id) WHERE period IS NULL;
CREATE INDEX run_open ON syncd.run (id) WHERE state IN ('queued', 'running', 'held');
CREATE INDEX run_failed ON syncd.run (coalesce(nominal_at, created_at)) WHERE state IN ('failed', 'incomplete') AND unattended;
CREATE INDEX run_holding ON syncd.run (job, finished_at) WHERE state = 'held' OR state IN ('incomplete', 'failed') AND held > 0;
CREATE INDEX audit_by_target ON syncd.audit (target_id, id);
CREATE INDEX fire_missed ON syncd.fire (recorded_at) WHERE outcome <> 'run';

-- +goose Down
DROP INDEX syncd.run_by_period, syncd.run_lately, syncd.run_pulled, syncd.run_open, syncd.run_failed, syncd.run_holding,
    syncd.audit_by_target, syncd.fire_missed;
