-- What has become, by runs of the same month that were planned later, of what a run did not deliver: what the newest line of
-- each matricule says. Where a later run of everyone has no line for somebody, it found them delivered, or long gone.
-- name: Aftermath :one
WITH me AS (
    SELECT mine.id, mine.target_id, mine.job, mine.kind, mine.period, coalesce(mine.planned_at, mine.created_at) AS since
    FROM syncd.run mine WHERE mine.id = @id
), later AS (
    SELECT r.id, r.planned_at, r.employees = '{}' AND r.state IN ('succeeded', 'incomplete') AS whole
    FROM me JOIN syncd.run r ON r.target_id = me.target_id AND r.kind = me.kind AND r.period = me.period
    WHERE r.id <> me.id AND r.planned_at > me.since
    UNION ALL
    SELECT r.id, r.planned_at, r.employees = '{}' AND r.state IN ('succeeded', 'incomplete')
    FROM me JOIN syncd.run r ON me.period IS NULL AND r.target_id = me.target_id AND r.kind = me.kind AND r.job = me.job AND r.period IS NULL
    WHERE r.id <> me.id AND r.planned_at > me.since
), whole AS (
    SELECT later.id, later.planned_at FROM later WHERE later.whole ORDER BY later.planned_at DESC LIMIT 1
), undelivered AS (
    SELECT i.key, bool_or(i.open) AS open FROM me JOIN syncd.item i ON i.run_id = me.id
    WHERE i.state IN ('pending', 'sending', 'rejected', 'blocked', 'held', 'uncertain', 'unsettled', 'superseded', 'departed')
    GROUP BY i.key
), fate AS (
    SELECT u.open, CASE WHEN l.run_id IS NULL THEN (SELECT w.id FROM whole w) WHEN l.delivered THEN l.run_id END AS delivered_by
    FROM undelivered u LEFT JOIN LATERAL (
        SELECT i.run_id, i.state IN ('accepted', 'withdrawn', 'left') AS delivered
        FROM me JOIN syncd.item i ON i.target_id = me.target_id AND i.key = u.key JOIN later ON later.id = i.run_id
        WHERE later.planned_at >= coalesce((SELECT w.planned_at FROM whole w), later.planned_at)
        ORDER BY later.planned_at DESC, i.seq LIMIT 1
    ) l ON true
)
SELECT coalesce((SELECT w.id FROM whole w), 0)::bigint AS whole,
       coalesce(array_agg(DISTINCT delivered_by) FILTER (WHERE delivered_by IS NOT NULL), '{}')::bigint[] AS delivered_by,
       count(delivered_by)::integer AS delivered, (count(*) - count(delivered_by))::integer AS left_over,
       count(*) FILTER (WHERE open)::integer AS open,
       coalesce((SELECT syncd.is_closed(me.target_id, me.period) FROM me), false)::boolean AS closed
FROM fate;
