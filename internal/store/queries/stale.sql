-- name: PlanState :one
SELECT coalesce(extract(epoch FROM clock_timestamp() - r.planned_at), 0)::float8 AS age,
       EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND (i.state IN ('sending', 'uncertain') OR i.state = 'pending' AND i.ambiguous))::boolean AS in_doubt,
       EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.state = 'pending' AND i.findings IS NOT NULL)::boolean AS released,
       (SELECT count(*) FROM syncd.item i WHERE i.run_id = r.id AND i.state = 'pending')::integer AS pending,
       (SELECT count(*) FROM syncd.item i WHERE i.run_id = r.id AND i.key <> '' AND i.state = ANY (@states::text[]))::integer AS open
FROM syncd.run r WHERE r.id = @id;

-- name: FrozenItems :many
SELECT key, state, fingerprint FROM syncd.item WHERE run_id = @run_id AND key = ANY (@keys::text[]);

-- Whether somebody of a plan has an outcome. One who was tried, and certainly not received, has none.
-- name: Begun :one
SELECT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = @run_id
               AND (i.ambiguous AND i.open OR i.state NOT IN ('pending', 'blocked', 'held', 'unsettled', 'departed', 'left')))::boolean AS begun;

-- name: DropItems :exec
DELETE FROM syncd.item WHERE run_id = @run_id;

-- name: UnplanRun :exec
UPDATE syncd.run SET planned_at = NULL, employees_read = 0, elements_read = 0, unchanged = 0, elements_unchanged = 0, created = 0,
    updated = 0, repeated = 0, mapping_digest = '', dictionaries_digest = '', plan_digest = '', contract = '', form = '',
    findings = NULL, figures = NULL, incarnation = ''
WHERE id = @id;

-- name: GiveUpFire :exec
UPDATE syncd.run SET nominal_at = NULL WHERE id = @id;

-- Goes on in the place of a run, of which all is taken over but the plan.
-- name: InsertSuccessor :one
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, employees, requested_by, version, key_id, config_digest,
                       any_order, nominal_at, failed_of, verify, overwrite, started_by, unattended, postponed, created_at)
SELECT r.target_id, r.job, r.kind, r.period, 'retry', 'queued', r.employees, r.requested_by, @version, r.key_id, r.config_digest,
       r.any_order, sqlc.narg('nominal_at')::timestamptz, r.failed_of, r.verify, r.overwrite, r.started_by, true, r.postponed, r.created_at
FROM syncd.run r WHERE r.id = @id
RETURNING id;

-- name: PassFire :exec
UPDATE syncd.fire SET run_id = @successor WHERE run_id = @id;
