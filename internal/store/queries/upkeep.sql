-- name: CountRuns :many
SELECT job, state, count(*) AS runs FROM syncd.run GROUP BY job, state ORDER BY job, state;

-- How each job stands for each dossier at one address.
-- name: DossierStatistics :many
SELECT r.job, t.id AS target_id, t.dossier,
       coalesce(max(r.finished_at) FILTER (WHERE r.state = 'succeeded'), '0001-01-01 00:00:00+00')::timestamptz AS last_success,
       coalesce(max(r.finished_at), '0001-01-01 00:00:00+00')::timestamptz AS last_end,
       coalesce((array_agg(r.state ORDER BY r.finished_at DESC) FILTER (WHERE r.finished_at IS NOT NULL))[1], '')::text AS last_state,
       coalesce(max(extract(epoch FROM clock_timestamp() - r.nominal_at)) FILTER (WHERE r.state IN ('queued', 'running')), 0)::float8 AS lag_seconds
FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE t.environment = @environment AND t.base_url = @base_url
GROUP BY r.job, t.id, t.dossier ORDER BY r.job, t.dossier;

-- What purging may touch: runs that ended before, of which nothing can be sent any more.
-- name: PurgeDiffs :execrows
UPDATE syncd.item i SET diff = NULL, problems = NULL, reason_detail = ''
FROM syncd.run r
WHERE r.id = i.run_id AND r.finished_at < @before::timestamptz AND r.state NOT IN ('queued', 'running', 'held') AND NOT i.open
  AND (i.diff IS NOT NULL OR i.problems IS NOT NULL OR i.reason_detail <> '');

-- name: PurgeItems :execrows
DELETE FROM syncd.item i USING syncd.run r
WHERE r.id = i.run_id AND r.finished_at < @before::timestamptz AND r.state NOT IN ('queued', 'running', 'held')
  AND NOT EXISTS (SELECT FROM syncd.item o WHERE o.run_id = r.id AND o.open);

-- name: PurgeChanges :execrows
DELETE FROM syncd.dictionary_change c USING syncd.run r
WHERE r.id = c.run_id AND r.finished_at < @before::timestamptz AND r.state NOT IN ('queued', 'running', 'held');

-- Whatever still refers to a run keeps it: an item, a code of a nomenclature, what the API holds.
-- name: PurgeRuns :execrows
DELETE FROM syncd.run r
WHERE r.finished_at < @before::timestamptz AND r.state NOT IN ('queued', 'running', 'held')
  AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id)
  AND NOT EXISTS (SELECT FROM syncd.dictionary_change c WHERE c.run_id = r.id)
  AND NOT EXISTS (SELECT FROM syncd.dictionary_entry e WHERE e.changed_by = r.id);

-- name: PurgeFires :execrows
DELETE FROM syncd.fire WHERE recorded_at < @before::timestamptz;
