-- name: ListSchedules :many
SELECT job, target_id, spec, timezone, dealt_with FROM syncd.schedule
WHERE (job, target_id) IN (SELECT unnest(@jobs::text[]), unnest(@targets::bigint[]));

-- The first start of a job for a target catches nothing up.
-- name: InsertSchedule :execrows
INSERT INTO syncd.schedule (job, target_id, spec, timezone, dealt_with) VALUES (@job, @target_id, @spec, @timezone, least(clock_timestamp(), sqlc.arg('dealt_with')::timestamptz))
ON CONFLICT (job, target_id) DO NOTHING;

-- No row: another daemon is at it.
-- name: LockSchedule :one
SELECT spec, timezone, dealt_with, extract(epoch FROM sqlc.arg('until')::timestamptz - clock_timestamp())::float8 AS ahead_seconds
FROM syncd.schedule WHERE job = @job AND target_id = @target_id FOR UPDATE SKIP LOCKED;

-- What lies in the future, for a clock was wrong, is set back; what another daemon's clock has reached is not.
-- name: SetSchedule :exec
UPDATE syncd.schedule SET spec = @spec, timezone = @timezone,
    dealt_with = greatest(least(dealt_with, clock_timestamp()), @dealt_with)
WHERE job = @job AND target_id = @target_id;

-- name: InsertFire :execrows
INSERT INTO syncd.fire (job, target_id, nominal_at, outcome, reason) VALUES (@job, @target_id, @nominal_at, @outcome, @reason)
ON CONFLICT (job, target_id, nominal_at) DO NOTHING;

-- name: SetFire :exec
UPDATE syncd.fire SET outcome = @outcome, reason = @reason, run_id = @run_id, met = sqlc.narg('met')
WHERE job = @job AND target_id = @target_id AND nominal_at = @nominal_at;

-- The last fire of each of these jobs and targets, with its run as it stands now.
-- name: ListFires :many
SELECT f.job, f.target_id, f.nominal_at, f.outcome, f.reason, f.run_id, f.met, r.state AS run_state
FROM (SELECT unnest(@jobs::text[]) AS job, unnest(@targets::bigint[]) AS target_id) p
CROSS JOIN LATERAL (SELECT l.job, l.target_id, l.nominal_at, l.outcome, l.reason, l.run_id, l.met FROM syncd.fire l
    WHERE l.job = p.job AND l.target_id = p.target_id ORDER BY l.nominal_at DESC LIMIT 1) f
LEFT JOIN syncd.run r ON r.id = f.run_id;

-- name: ListMissed :many
SELECT f.job, f.target_id, f.nominal_at, f.outcome, f.reason, f.run_id, f.met FROM syncd.fire f
WHERE f.job = ANY (@jobs::text[]) AND f.outcome <> 'run' AND f.recorded_at > statement_timestamp() - interval '100 days'
ORDER BY f.nominal_at DESC LIMIT @max_rows;
