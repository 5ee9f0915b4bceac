-- Closings count for all targets of an establishment.
-- name: FindClosing :one
SELECT closed_at, closed_by, reason, open_until, syncd.is_closed(target_id, period)::boolean AS closed
FROM syncd.closed_period WHERE period = @period AND target_id IN (SELECT o.id FROM syncd.target t, syncd.target o WHERE t.id = @target_id AND syncd.are_kin(t, o))
ORDER BY open_until DESC NULLS FIRST LIMIT 1;

-- To close a period that was reopened ends its opening.
-- name: ClosePeriod :exec
INSERT INTO syncd.closed_period (target_id, period, closed_by, reason) VALUES (@target_id, @period, @closed_by, @reason)
ON CONFLICT (target_id, period) DO UPDATE SET closed_at = clock_timestamp(), closed_by = excluded.closed_by, reason = excluded.reason,
    reopened_at = NULL, reopened_by = '', reopened_reason = '', open_until = NULL;

-- No row: the time is not in the future.
-- name: ReopenPeriod :execrows
UPDATE syncd.closed_period SET reopened_at = clock_timestamp(), reopened_by = @reopened_by, reopened_reason = @reason,
    open_until = sqlc.arg('until')::timestamptz
WHERE period = @period AND target_id IN (SELECT o.id FROM syncd.target t, syncd.target o WHERE t.id = @target_id AND syncd.are_kin(t, o))
  AND sqlc.arg('until')::timestamptz > clock_timestamp();

-- name: PeriodIsClosed :one
SELECT syncd.is_closed(@target_id, @period)::boolean AS closed;

-- The same for a dossier that nothing was ever done with.
-- name: SiretIsClosed :one
SELECT EXISTS (SELECT FROM syncd.target t WHERE t.partner = @partner AND t.environment = @environment
               AND coalesce(t.identity, t.siret) = @siret::text AND syncd.is_closed(t.id, @period))::boolean AS closed;

-- name: ListClosings :many
SELECT sqlc.embed(t), c.period, c.closed_at, c.closed_by, c.reason, c.reopened_at, c.reopened_by, c.reopened_reason, c.open_until,
       (NOT syncd.is_closed(c.target_id, c.period))::boolean AS open
FROM syncd.closed_period c JOIN syncd.target t ON t.id = c.target_id
WHERE t.environment = @environment
  AND EXISTS (SELECT FROM syncd.target here WHERE here.environment = t.environment AND here.base_url = @base_url AND syncd.are_kin(here, t))
ORDER BY c.period DESC, t.dossier;

-- name: ActiveOfPeriod :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.period = sqlc.arg('period')::text AND r.state IN ('queued', 'running')
  AND r.target_id IN (SELECT o.id FROM syncd.target me, syncd.target o WHERE me.id = @target_id AND syncd.are_kin(me, o))
ORDER BY r.state DESC, r.id LIMIT 1;
