-- name: GetRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.id = @id;

-- name: LockRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.id = @id FOR NO KEY UPDATE OF r;

-- name: RunningRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.state = 'running'
FOR NO KEY UPDATE OF r;

-- The oldest earlier period of a target in which something may still be sent.
-- name: UnfinishedBefore :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period < @period
  AND (r.state IN ('queued', 'running', 'held')
       OR r.state = 'failed' AND r.planned_at IS NULL AND r.employees = '{}'
          AND NOT EXISTS (SELECT FROM syncd.run later WHERE later.target_id = r.target_id AND later.period = r.period AND later.id > r.id
                          AND later.planned_at IS NOT NULL AND later.employees = '{}')
       OR EXISTS (SELECT FROM syncd.item i WHERE i.target_id = r.target_id AND i.period = r.period AND i.run_id = r.id AND i.open))
ORDER BY r.period, r.id DESC LIMIT 1;

-- The newest later period of a target for which something was sent.
-- name: SentAfter :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period > @period
  AND EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.sent_at IS NOT NULL)
ORDER BY r.period DESC, r.id DESC LIMIT 1;

-- name: InsertRun :one
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, owner, host, pid, employees, requested_by, version,
                       key_id, config_digest, started_at)
VALUES (@target_id, @job, @kind, sqlc.narg('period'), @trigger, 'running', @owner, @host, @pid, @employees, @requested_by, @version,
        @key_id, @config_digest, clock_timestamp())
RETURNING id;

-- name: ClaimRun :exec
UPDATE syncd.run SET state = 'running', trigger = 'resume', epoch = epoch + 1, owner = @owner, host = @host, pid = @pid, version = @version,
    config_digest = CASE WHEN planned_at IS NULL THEN @config_digest ELSE config_digest END,
    failure_code = '', failure_detail = '', started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL
WHERE id = @id;

-- Fence: no row means that the run is no longer ours.
-- name: FenceRun :one
SELECT id FROM syncd.run WHERE id = @id AND epoch = @epoch AND state = 'running' FOR SHARE;

-- name: PlanRun :execrows
UPDATE syncd.run SET planned_at = clock_timestamp(),
    employees_read = @employees_read, elements_read = @elements_read, unchanged = @unchanged,
    elements_unchanged = @elements_unchanged, created = @created, updated = @updated, repeated = @repeated,
    mapping_digest = @mapping_digest, dictionaries_digest = @dictionaries_digest, plan_digest = @plan_digest
WHERE id = @id AND epoch = @epoch AND state = 'running';

-- name: EndRun :execrows
UPDATE syncd.run SET state = @state, owner = NULL, finished_at = coalesce(sqlc.narg('finished_at'), clock_timestamp()),
    failure_code = @failure_code, failure_detail = @failure_detail,
    accepted = @accepted, rejected = @rejected, blocked = @blocked, held = @held, uncertain = @uncertain,
    superseded = @superseded, not_attempted = @not_attempted, elements_in_documents = @elements_in_documents,
    elements_blocked = @elements_blocked, departed = @departed, "left" = @left_between
WHERE id = @id AND epoch = @epoch AND state = @from_state;

-- name: ApproveRun :exec
UPDATE syncd.run SET state = 'queued', finished_at = NULL, approved_digest = dictionaries_digest,
    approved_by = @approved_by, approved_reason = @approved_reason
WHERE id = @id;

-- An applied pull answers what older ones of the same target were held for.
-- name: CancelHeldPulls :exec
UPDATE syncd.run SET state = 'cancelled' WHERE target_id = @target_id AND kind = 'pull-dictionnaire' AND state = 'held' AND id <> @run_id;

-- A pull that is applied counts as planned: to resume it is to record its end.
-- name: SetPulled :exec
UPDATE syncd.run SET dictionaries_digest = @dictionaries_digest,
    planned_at = CASE WHEN @applied::boolean THEN clock_timestamp() END
WHERE id = @id;

-- name: ListRuns :many
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE (@job::text = '' OR r.job = @job) AND (@dossier::text = '' OR t.dossier = @dossier)
  AND (@period::text = '' OR r.period = @period) AND (@state::text = '' OR r.state = @state)
ORDER BY r.id DESC LIMIT @max_rows;
