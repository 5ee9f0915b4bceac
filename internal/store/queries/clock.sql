-- name: EnsureClock :exec
INSERT INTO syncd.clock (seen_at) SELECT coalesce((SELECT max(a.at) FROM syncd.audit a), clock_timestamp())
WHERE NOT EXISTS (SELECT FROM syncd.clock) ON CONFLICT (singleton) DO NOTHING;

-- name: Clock :one
SELECT clock_timestamp()::timestamptz AS now;

-- How late it is. A leap is over once the clock was set right; till then, or till a person has confirmed it, it is remembered,
-- though the clock that leapt goes on well.
-- name: LookAtClock :one
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at), look AS (
    SELECT now.at, c.leapt_from IS NOT NULL AND now.at < c.leapt_from + syncd.clock_leaps() AS mended,
           c.leapt_from IS NULL AND now.at - c.seen_at > syncd.clock_leaps() AS leaps
    FROM syncd.clock c, now
)
UPDATE syncd.clock c SET
    leapt_from = CASE WHEN look.mended THEN NULL WHEN look.leaps THEN c.seen_at ELSE c.leapt_from END,
    leapt_to = CASE WHEN look.mended THEN NULL WHEN look.leaps THEN look.at ELSE c.leapt_to END,
    seen_at = CASE WHEN look.mended THEN look.at ELSE greatest(c.seen_at, look.at) END
FROM look
RETURNING look.at::timestamptz AS now, c.leapt_from, c.leapt_to;

-- name: ConfirmClock :exec
UPDATE syncd.clock SET leapt_from = NULL, leapt_to = NULL, seen_at = clock_timestamp();

-- name: HoldPurge :exec
UPDATE syncd.clock SET held_since = coalesce(held_since, clock_timestamp()), held_for = @held_for::jsonb;

-- name: ReleasePurge :exec
UPDATE syncd.clock SET held_since = NULL, held_for = NULL WHERE held_since IS NOT NULL;

-- name: HeldPurge :one
SELECT held_since, held_for FROM syncd.clock WHERE held_since IS NOT NULL;

-- What a purge would remove, and what there is: in runs, and in people's lines of them as their accounting says. Items are
-- looked at only where they would go.
-- name: WeighPurge :one
WITH ended AS (
    SELECT r.id, r.purged, r.employees_read - r.unchanged + r.departed + r."left" AS lines,
           r.state NOT IN ('queued', 'running', 'held') AND r.purged < 1 AND coalesce(r.finished_at < sqlc.arg('diffs')::timestamptz, false) AS diffs,
           r.state NOT IN ('queued', 'running', 'held') AND r.purged < 2 AND coalesce(r.finished_at < sqlc.arg('items')::timestamptz, false) AS items,
           r.state NOT IN ('queued', 'running', 'held') AND coalesce(r.finished_at < sqlc.arg('runs')::timestamptz, false) AS runs
    FROM syncd.run r
), weighed AS (
    SELECT e.purged, e.lines, e.diffs, e.items, e.runs,
           CASE WHEN e.diffs OR e.items OR e.runs THEN EXISTS (SELECT FROM syncd.item i WHERE i.run_id = e.id AND i.open) END AS open,
           CASE WHEN e.diffs THEN EXISTS (SELECT FROM syncd.item i WHERE i.run_id = e.id AND NOT i.open
               AND (i.diff IS NOT NULL OR i.problems IS NOT NULL OR i.findings IS NOT NULL OR i.reason_detail <> '')) END AS told,
           CASE WHEN e.runs THEN EXISTS (SELECT FROM syncd.dictionary_entry d WHERE d.changed_by = e.id) END AS read
    FROM ended e
)
SELECT count(*) FILTER (WHERE w.purged < 1)::bigint AS diffs_runs, coalesce(sum(w.lines) FILTER (WHERE w.purged < 1), 0)::bigint AS diffs_lines,
       count(*) FILTER (WHERE w.diffs AND (NOT w.open OR w.told))::bigint AS diffs_runs_go,
       coalesce(sum(w.lines) FILTER (WHERE w.diffs AND (NOT w.open OR w.told)), 0)::bigint AS diffs_lines_go,
       count(*) FILTER (WHERE w.purged < 2)::bigint AS items_runs, coalesce(sum(w.lines) FILTER (WHERE w.purged < 2), 0)::bigint AS items_lines,
       count(*) FILTER (WHERE w.items AND NOT w.open)::bigint AS items_runs_go,
       coalesce(sum(w.lines) FILTER (WHERE w.items AND NOT w.open), 0)::bigint AS items_lines_go,
       count(*)::bigint AS runs, count(*) FILTER (WHERE w.runs AND NOT w.open AND NOT w.read)::bigint AS runs_go,
       (SELECT count(*) FROM syncd.fire)::bigint AS fires,
       (SELECT count(*) FROM syncd.fire f WHERE f.recorded_at < sqlc.arg('fires')::timestamptz)::bigint AS fires_go,
       (SELECT count(*) FROM syncd.baseline b WHERE b.document IS NOT NULL)::bigint AS documents,
       (SELECT count(*) FROM syncd.baseline b -- as DueDocuments
        WHERE b.document IS NOT NULL AND NOT b.in_doubt AND b.acknowledged_at < sqlc.arg('documents')::timestamptz
          AND b.period < to_char(sqlc.arg('documents')::timestamptz, 'YYYY-MM')
          AND (b.gone_since < sqlc.arg('documents')::timestamptz
               OR EXISTS (SELECT FROM syncd.baseline n WHERE n.target_id = b.target_id AND n.key = b.key AND n.period > b.period
                          AND n.version > 0 AND NOT n.withdrawn)
               OR NOT EXISTS (SELECT FROM syncd.run r WHERE r.target_id = b.target_id AND r.finished_at >= sqlc.arg('documents')::timestamptz))
          AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.target_id = b.target_id AND i.key = b.key AND i.open))::bigint AS documents_go
FROM weighed w;
