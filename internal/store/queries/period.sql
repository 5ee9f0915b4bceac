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

-- Whom a period leaves undelivered: what the last plan for everyone and those after it last said of each matricule, what
-- is still open of older ones, and what is in doubt without a line that is open; the latter two of all targets of the
-- establishment, for which the period is closed as well.
-- name: UndeliveredOfPeriod :many
WITH whole AS (
    SELECT coalesce(max(r.id), 0) AS id FROM syncd.run r
    WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.planned_at IS NOT NULL AND r.employees = '{}'
), kin AS (
    SELECT o.id FROM syncd.target me, syncd.target o WHERE me.id = @target_id AND (o.id = me.id OR syncd.are_kin(me, o))
), line AS (
    SELECT r.target_id, i.key, i.run_id, i.state, i.ambiguous, i.open,
           r.target_id = @target_id AND i.run_id = max(i.run_id) OVER (PARTITION BY r.target_id, i.key) AND i.run_id >= whole.id AS last
    FROM whole, syncd.run r JOIN syncd.item i ON i.run_id = r.id
    WHERE r.target_id IN (SELECT id FROM kin) AND r.period = sqlc.arg('period')::text
), missing AS (
    SELECT l.key, l.run_id, CASE WHEN l.state = 'sending' OR l.state = 'pending' AND l.ambiguous THEN 'uncertain' ELSE l.state END AS state
    FROM line l WHERE (l.last OR l.open)
      AND l.state IN ('pending', 'sending', 'rejected', 'blocked', 'held', 'uncertain', 'unsettled', 'superseded', 'departed')
    UNION ALL
    SELECT b.key, b.run_id, 'uncertain' FROM syncd.baseline b
    WHERE b.target_id IN (SELECT id FROM kin) AND b.period = sqlc.arg('period')::text AND b.in_doubt
      AND NOT EXISTS (SELECT FROM line l WHERE l.target_id = b.target_id AND l.key = b.key AND (l.open OR l.last AND l.state = 'departed'))
)
SELECT state::text, count(*) AS lines, (array_agg(key ORDER BY key))[1:@most::integer]::text[] AS keys,
       coalesce(array_agg(DISTINCT run_id ORDER BY run_id) FILTER (WHERE run_id IS NOT NULL), '{}')::bigint[] AS runs
FROM missing GROUP BY state ORDER BY array_position(ARRAY['uncertain', 'unsettled', 'held', 'pending', 'rejected', 'blocked', 'superseded', 'departed'], state);

-- Runs of a period that wait for a person, or ended before they had a plan and were never made up for.
-- name: UnmadeOfPeriod :many
SELECT r.id, r.state FROM syncd.run r
WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text
  AND (r.state = 'held'
       OR r.state = 'failed' AND r.planned_at IS NULL
          AND NOT EXISTS (SELECT FROM syncd.run later WHERE later.target_id = r.target_id AND later.period = r.period AND later.id > r.id
                          AND later.planned_at IS NOT NULL AND (later.employees = '{}' OR r.employees <> '{}' AND later.employees @> r.employees)))
ORDER BY r.id;

-- What was ever delivered for a period: something, and by a run of everyone that came to its end.
-- name: DeliveredOfPeriod :one
SELECT (EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = @target_id AND b.period = sqlc.arg('period')::text AND b.version > 0)
        OR EXISTS (SELECT FROM syncd.run r WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.accepted + r.unchanged > 0))::boolean AS something,
       EXISTS (SELECT FROM syncd.run r WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text
               AND r.planned_at IS NOT NULL AND r.employees = '{}' AND r.state IN ('succeeded', 'incomplete'))::boolean AS everyone;
