-- name: FindClosing :one
SELECT closed_at, closed_by, reason, open_until, syncd.is_closed(target_id, period)::boolean AS closed
FROM syncd.closed_period WHERE target_id = @target_id AND period = @period;

-- To close a period that was reopened ends its opening.
-- name: ClosePeriod :exec
INSERT INTO syncd.closed_period (target_id, period, closed_by, reason) VALUES (@target_id, @period, @closed_by, @reason)
ON CONFLICT (target_id, period) DO UPDATE SET closed_at = clock_timestamp(), closed_by = excluded.closed_by, reason = excluded.reason,
    reopened_at = NULL, reopened_by = '', reopened_reason = '', open_until = NULL;

-- No row: the time is not in the future.
-- name: ReopenPeriod :execrows
UPDATE syncd.closed_period SET reopened_at = clock_timestamp(), reopened_by = @reopened_by, reopened_reason = @reason,
    open_until = sqlc.arg('until')::timestamptz
WHERE target_id = @target_id AND period = @period AND sqlc.arg('until')::timestamptz > clock_timestamp();

-- name: PeriodIsClosed :one
SELECT syncd.is_closed(@target_id, @period)::boolean AS closed;

-- name: ListClosings :many
SELECT sqlc.embed(t), c.period, c.closed_at, c.closed_by, c.reason, c.reopened_at, c.reopened_by, c.reopened_reason, c.open_until,
       (NOT syncd.is_closed(c.target_id, c.period))::boolean AS open
FROM syncd.closed_period c JOIN syncd.target t ON t.id = c.target_id
WHERE t.environment = @environment AND t.base_url = @base_url
ORDER BY c.period DESC, t.dossier;

-- name: ActiveOfPeriod :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.state IN ('queued', 'running')
ORDER BY r.state DESC, r.id LIMIT 1;

-- The runs of a period that leave somebody undelivered, but those of which a later plan for everyone knows more.
-- name: LeftOfPeriod :many
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.state IN ('held', 'failed', 'incomplete')
  AND (r.employees = '{}' AND NOT EXISTS (SELECT FROM syncd.run later WHERE later.target_id = r.target_id AND later.period = r.period AND later.id > r.id
                   AND later.planned_at IS NOT NULL AND later.employees = '{}')
       OR EXISTS (SELECT FROM syncd.item i WHERE i.target_id = r.target_id AND i.period = r.period AND i.run_id = r.id AND i.open))
ORDER BY r.id;
