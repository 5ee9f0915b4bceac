-- What monitoring is told of runs goes back a good year: older ones would make it slower each year.
-- name: CountRuns :many
SELECT job, state, count(*) AS runs FROM syncd.run WHERE created_at > statement_timestamp() - interval '400 days'
GROUP BY job, state ORDER BY job, state;

-- How each of these jobs stands for each dossier at one address: by its runs for everyone, the newest period first. That an older
-- month was sent again, one to come, or one person, says nothing of this month. Of runs without a period only the last count, of many.
-- name: DossierStatistics :many
SELECT j.job::text AS job, t.id AS target_id, t.dossier,
       coalesce((array_agg(r.finished_at ORDER BY r.period DESC NULLS LAST, r.finished_at DESC) FILTER (WHERE r.state = 'succeeded'))[1],
                '0001-01-01 00:00:00+00')::timestamptz AS last_success,
       coalesce(max(r.finished_at), '0001-01-01 00:00:00+00')::timestamptz AS last_end,
       coalesce((array_agg(r.state ORDER BY r.period DESC NULLS LAST, r.finished_at DESC) FILTER (WHERE r.finished_at IS NOT NULL))[1], '')::text AS last_state,
       coalesce(max(extract(epoch FROM clock_timestamp() - r.nominal_at)) FILTER (WHERE r.state IN ('queued', 'running')), 0)::float8 AS lag_seconds
FROM syncd.target t CROSS JOIN (SELECT unnest(@jobs::text[]) AS job) j CROSS JOIN LATERAL (
    SELECT m.state, m.period, m.nominal_at, m.finished_at FROM syncd.run m
    WHERE m.job = j.job AND m.target_id = t.id AND m.period IS NOT NULL AND m.employees = '{}'
      AND m.created_at > statement_timestamp() - interval '400 days' AND m.period <= to_char(clock_timestamp() + interval '1 day', 'YYYY-MM')
    UNION ALL
    SELECT a.state, a.period, a.nominal_at, a.finished_at FROM syncd.run a
    WHERE a.job = j.job AND a.target_id = t.id AND a.period IS NULL AND a.employees = '{}' AND a.state IN ('queued', 'running')
      AND a.created_at > statement_timestamp() - interval '400 days'
    UNION ALL
    (SELECT e.state, e.period, e.nominal_at, e.finished_at FROM syncd.run e
    WHERE e.job = j.job AND e.target_id = t.id AND e.period IS NULL AND e.employees = '{}' AND e.finished_at IS NOT NULL
      AND e.created_at > statement_timestamp() - interval '400 days' ORDER BY e.finished_at DESC LIMIT 1)
    UNION ALL
    (SELECT s.state, s.period, s.nominal_at, s.finished_at FROM syncd.run s
    WHERE s.job = j.job AND s.target_id = t.id AND s.period IS NULL AND s.employees = '{}' AND s.state = 'succeeded'
      AND s.finished_at IS NOT NULL AND s.created_at > statement_timestamp() - interval '400 days' ORDER BY s.finished_at DESC LIMIT 1)
) r
WHERE t.environment = @environment AND t.base_url = @base_url
GROUP BY j.job, t.id, t.dossier ORDER BY j.job, t.dossier;

-- Purging goes by runs that ended before, of which nothing can be sent any more; a few at a time, so that nothing is
-- locked for long and what is done stays done. runs = 0: nothing is left to do.
-- name: PurgeDiffs :one
WITH old AS (
    UPDATE syncd.run r
    SET findings = CASE WHEN EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.open) THEN r.findings END, -- they may hold it
        purged = CASE WHEN EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.open) THEN 0 ELSE 1 END
    WHERE r.id IN (SELECT o.id FROM syncd.run o
                   WHERE o.finished_at < sqlc.arg('before')::timestamptz AND o.purged < 1 AND o.state NOT IN ('queued', 'running', 'held')
                     AND (NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = o.id AND i.open)
                          OR EXISTS (SELECT FROM syncd.item i WHERE i.run_id = o.id AND NOT i.open
                                     AND (i.diff IS NOT NULL OR i.problems IS NOT NULL OR i.findings IS NOT NULL OR i.reason_detail <> '')))
                   ORDER BY o.finished_at LIMIT @most_runs)
    RETURNING r.id
), stripped AS (
    UPDATE syncd.item i SET diff = NULL, problems = NULL, findings = NULL, reason_detail = ''
    FROM old WHERE i.run_id = old.id AND NOT i.open AND (i.diff IS NOT NULL OR i.problems IS NOT NULL OR i.findings IS NOT NULL OR i.reason_detail <> '')
    RETURNING 1
), told AS (
    DELETE FROM syncd.run_sums s USING old WHERE s.run_id = old.id
)
SELECT (SELECT count(*) FROM old) AS runs, (SELECT count(*) FROM stripped) AS items;

-- name: PurgeItems :one
WITH old AS (
    UPDATE syncd.run r SET purged = 2
    WHERE r.id IN (SELECT o.id FROM syncd.run o
                   WHERE o.finished_at < sqlc.arg('before')::timestamptz AND o.purged < 2 AND o.state NOT IN ('queued', 'running', 'held')
                     AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = o.id AND i.open)
                   ORDER BY o.finished_at LIMIT @most_runs)
    RETURNING r.id
), gone AS (
    DELETE FROM syncd.item i USING old WHERE i.run_id = old.id RETURNING 1
), read AS (
    DELETE FROM syncd.run_record r USING old WHERE r.run_id = old.id RETURNING 1
)
SELECT (SELECT count(*) FROM old) AS runs, ((SELECT count(*) FROM gone) + (SELECT count(*) FROM read))::bigint AS items;

-- Whatever still refers to a run keeps it: an item, a code of a nomenclature.
-- name: RunsToPurge :many
SELECT r.id FROM syncd.run r
WHERE r.finished_at < sqlc.arg('before')::timestamptz AND r.state NOT IN ('queued', 'running', 'held')
  AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id)
  AND NOT EXISTS (SELECT FROM syncd.run_record o WHERE o.run_id = r.id)
  AND NOT EXISTS (SELECT FROM syncd.dictionary_entry e WHERE e.changed_by = r.id)
ORDER BY r.finished_at LIMIT @most_runs;

-- name: PurgeChanges :exec
DELETE FROM syncd.dictionary_change WHERE run_id = ANY (@runs::bigint[]);

-- name: PurgeRuns :execrows
DELETE FROM syncd.run WHERE id = ANY (@runs::bigint[]);

-- name: PurgeFires :execrows
DELETE FROM syncd.fire WHERE (job, target_id, nominal_at) IN (
    SELECT f.job, f.target_id, f.nominal_at FROM syncd.fire f WHERE f.recorded_at < sqlc.arg('before')::timestamptz LIMIT @most_fires);
