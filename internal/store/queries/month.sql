-- What of months is in doubt, of all targets of the establishment. Most of a fleet has none, and it takes all baselines to know.
-- name: DoubtsOfMonths :many
WITH kin AS (
    SELECT o.id FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND coalesce(o.identity, o.siret) = coalesce(me.identity, me.siret)
    WHERE me.id = ANY (@targets::bigint[])
    UNION
    SELECT o.id FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND o.dossier = me.dossier
           AND split_part(o.base_url, '#', 1) = split_part(me.base_url, '#', 1)
    WHERE me.id = ANY (@targets::bigint[])
)
SELECT b.target_id, b.key, b.period, coalesce(b.run_id, 0)::bigint AS run_id FROM kin JOIN syncd.baseline b ON b.target_id = kin.id
WHERE b.period = ANY (@periods::text[]) AND b.in_doubt;

-- Which targets a dossier had while it was called otherwise: of the same address and establishment, and over before the one that it has
-- now began. Two that were at work side by side are two dossiers, whatever their SIRET.
-- name: FormerTargets :many
SELECT DISTINCT me.id AS target_id, o.id AS other
FROM (SELECT unnest(@heads::bigint[]) AS target_id, unnest(@others::bigint[]) AS other) l
JOIN syncd.target me ON me.id = l.target_id JOIN syncd.target o ON o.id = l.other
WHERE o.id <> me.id AND o.partner = me.partner AND o.environment = me.environment AND o.base_url = me.base_url
  AND coalesce(o.identity, o.siret) = coalesce(me.identity, me.siret)
  AND coalesce((SELECT max(r.id) FROM syncd.run r WHERE r.target_id = o.id), 0)
      < coalesce((SELECT min(r.id) FROM syncd.run r WHERE r.target_id = me.id), 9223372036854775807)
ORDER BY me.id, o.id;

-- Where months of targets stand, but for who is not delivered. A month of which nothing is known has no row. Closings count for all
-- targets of an establishment, and what is open of another one of it is missing here. settled: nothing can be. Runs of what a dossier
-- was called before (heads, others: FormerTargets, and each target itself) are its own.
-- name: ListMonths :many
WITH lineage AS (
    SELECT unnest(@heads::bigint[]) AS target_id, unnest(@others::bigint[]) AS other
), kin AS (
    SELECT me.id AS target_id, o.id AS other FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND coalesce(o.identity, o.siret) = coalesce(me.identity, me.siret)
    WHERE me.id = ANY (@targets::bigint[])
    UNION
    SELECT me.id, o.id FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND o.dossier = me.dossier
           AND split_part(o.base_url, '#', 1) = split_part(me.base_url, '#', 1)
    WHERE me.id = ANY (@targets::bigint[])
), closed AS (
    SELECT DISTINCT kin.target_id, c.period FROM kin JOIN syncd.closed_period c ON c.target_id = kin.other
    WHERE c.period = ANY (@periods::text[]) AND (c.open_until IS NULL OR c.open_until <= clock_timestamp())
), shared AS (
    SELECT DISTINCT kin.target_id, r.period FROM kin JOIN syncd.run r ON r.target_id = kin.other
    WHERE kin.other <> kin.target_id AND r.period = ANY (@periods::text[])
), known AS (
    SELECT lineage.target_id, r.period, max(r.id) AS last,
           max(r.id) FILTER (WHERE r.employees = '{}' AND r.planned_at IS NOT NULL) AS whole,
           coalesce(max(r.id) FILTER (WHERE r.state = 'running'), max(r.id) FILTER (WHERE r.state = 'queued')) AS active,
           bool_or(r.accepted + r.unchanged > 0) AS something,
           bool_or(r.employees = '{}' AND r.planned_at IS NOT NULL AND r.state IN ('succeeded', 'incomplete')) AS everyone,
           array_agg(r.id) FILTER (WHERE r.state = 'held') AS held,
           array_agg(r.id) FILTER (WHERE r.state = 'failed' AND r.planned_at IS NULL AND NOT EXISTS (
               SELECT FROM syncd.run later JOIN lineage l ON l.other = later.target_id
               WHERE l.target_id = lineage.target_id AND later.period = r.period AND later.id > r.id
               AND later.planned_at IS NOT NULL AND (later.employees = '{}' OR r.employees <> '{}' AND later.employees @> r.employees))) AS failed
    FROM lineage JOIN syncd.run r ON r.target_id = lineage.other WHERE r.period = ANY (@periods::text[])
    GROUP BY lineage.target_id, r.period
), doubted AS (
    SELECT DISTINCT d.target_id, d.period
    FROM (SELECT unnest(@doubted_targets::bigint[]) AS target_id, unnest(@doubted_periods::text[]) AS period) d
    WHERE d.target_id = ANY (@targets::bigint[])
), month AS (
    SELECT target_id, period FROM doubted UNION SELECT target_id, period FROM known UNION SELECT target_id, period FROM closed UNION SELECT target_id, period FROM shared
)
SELECT month.target_id::bigint AS target_id, month.period::text AS period, coalesce(known.last, 0)::bigint AS last, coalesce(known.whole, 0)::bigint AS whole,
       coalesce(known.active, 0)::bigint AS active, coalesce(known.held, '{}')::bigint[] AS held, coalesce(known.failed, '{}')::bigint[] AS failed,
       (coalesce(known.something, false) OR EXISTS (SELECT FROM lineage l JOIN syncd.baseline b ON b.target_id = l.other
            WHERE l.target_id = month.target_id AND b.period = month.period AND b.version > 0))::boolean AS something,
       coalesce(known.everyone, false)::boolean AS everyone, (closed.target_id IS NOT NULL)::boolean AS closed,
       coalesce(shared.target_id IS NULL AND doubted.target_id IS NULL AND known.last = known.whole AND w.state = 'succeeded' AND w.employees_read > 0
        AND known.held IS NULL AND known.failed IS NULL, false)::boolean AS settled,
       coalesce(w.employees_read, 0)::integer AS employees_read,
       coalesce(w.accepted + w.unchanged, 0)::integer AS delivered, w.finished_at
FROM month LEFT JOIN known USING (target_id, period) LEFT JOIN closed USING (target_id, period) LEFT JOIN shared USING (target_id, period)
LEFT JOIN doubted USING (target_id, period)
LEFT JOIN syncd.run w ON w.id = known.whole
ORDER BY month.target_id, month.period DESC;

-- Whom months leave undelivered: what the last plan for everyone and those after it last said of each matricule, what
-- is still open of older ones, and what is in doubt without a line that is open; the latter two of all targets of the
-- establishment, for which a period is closed as well. employees are those of them whom that plan read; joined (a state of its own)
-- are those whom only later runs did. Whom a later month overtook, where the partner keeps one document of each, are not missing, nor is
-- whom a later run for some employees found in place: it has no line of them.
-- name: UndeliveredOfMonths :many
WITH lineage AS (
    SELECT unnest(@heads::bigint[]) AS target_id, unnest(@others::bigint[]) AS other
), month AS (
    SELECT unnest(@targets::bigint[]) AS target_id, unnest(@periods::text[]) AS period
), whole AS (
    SELECT m.target_id, m.period, coalesce((SELECT max(r.id) FROM lineage JOIN syncd.run r ON r.target_id = lineage.other
        WHERE lineage.target_id = m.target_id AND r.period = m.period AND r.planned_at IS NOT NULL AND r.employees = '{}'), 0) AS id FROM month m
), related AS MATERIALIZED (
    SELECT me.id AS target_id, o.id AS other FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND coalesce(o.identity, o.siret) = coalesce(me.identity, me.siret)
    WHERE me.id = ANY (@targets::bigint[])
    UNION
    SELECT me.id, o.id FROM syncd.target me JOIN syncd.target o
        ON o.partner = me.partner AND o.environment = me.environment AND o.dossier = me.dossier
           AND split_part(o.base_url, '#', 1) = split_part(me.base_url, '#', 1)
    WHERE me.id = ANY (@targets::bigint[])
), kin AS (
    SELECT whole.target_id, whole.period, related.other, whole.id AS whole, lineage.other IS NOT NULL AS own
    FROM whole JOIN related USING (target_id) LEFT JOIN lineage ON lineage.target_id = related.target_id AND lineage.other = related.other
), line AS (
    SELECT kin.target_id, kin.period, kin.other, i.key, i.run_id, i.state, i.ambiguous, i.open, i.employees, i.difference, i.reason_code,
           kin.whole, kin.own AND i.run_id >= kin.whole
               AND i.run_id = max(i.run_id) OVER (PARTITION BY kin.target_id, kin.period, kin.own, i.key) AS last
    FROM kin JOIN syncd.run r ON r.target_id = kin.other AND r.period = kin.period JOIN syncd.item i ON i.run_id = r.id
), missing AS (
    SELECT l.target_id, l.period, l.key, l.run_id, CASE WHEN l.last THEN l.employees ELSE 0 END AS employees,
           CASE WHEN l.state = 'sending' OR l.state = 'pending' AND l.ambiguous THEN 'uncertain' ELSE l.state END AS state
    FROM line l WHERE (l.last OR l.open) AND NOT (l.state = 'superseded' AND l.reason_code = 'moved' AND EXISTS (
          SELECT FROM syncd.baseline b WHERE b.target_id = l.other AND b.key = l.key AND b.period > l.period AND b.version > 0))
      AND l.state IN ('pending', 'sending', 'rejected', 'blocked', 'held', 'uncertain', 'unsettled', 'superseded', 'departed')
      AND (l.open OR NOT EXISTS (
          SELECT FROM lineage JOIN syncd.run later ON later.target_id = lineage.other
          WHERE lineage.target_id = l.target_id AND later.period = l.period AND later.id > l.run_id
          AND later.planned_at IS NOT NULL AND l.key = ANY (later.employees) AND later.unchanged > 0
          AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = later.id AND i.key = l.key)
          AND later.unchanged = cardinality(later.employees)
              - (SELECT count(DISTINCT i.key) FROM syncd.item i WHERE i.run_id = later.id AND i.key = ANY (later.employees))))
    UNION ALL
    SELECT kin.target_id, kin.period, b.key, nullif(b.run_id, 0), 0, 'uncertain' FROM kin
    JOIN (SELECT unnest(@doubted_targets::bigint[]) AS target_id, unnest(@doubted_periods::text[]) AS period,
                 unnest(@doubted_keys::text[]) COLLATE "C" AS key, unnest(@doubted_runs::bigint[]) AS run_id) b
        ON b.target_id = kin.other AND b.period = kin.period
    WHERE NOT EXISTS (SELECT FROM line l WHERE l.target_id = kin.target_id AND l.period = kin.period AND l.other = b.target_id
                      AND l.key = b.key AND (l.open OR l.last AND l.state = 'departed'))
    UNION ALL
    SELECT l.target_id, l.period, l.key, l.run_id, 1, 'joined' FROM line l
    WHERE l.last AND l.whole > 0 AND l.run_id > l.whole AND l.difference = '+' AND l.key <> ''
      AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = l.whole AND i.key = l.key)
)
SELECT target_id::bigint AS target_id, period::text AS period, state::text, count(*) AS lines, sum(employees)::bigint AS employees,
       (array_agg(key ORDER BY key))[1:@most::integer]::text[] AS keys,
       coalesce(array_agg(DISTINCT run_id ORDER BY run_id) FILTER (WHERE run_id IS NOT NULL), '{}')::bigint[] AS runs
FROM missing GROUP BY target_id, period, state
ORDER BY target_id, period, array_position(ARRAY['uncertain', 'unsettled', 'held', 'pending', 'rejected', 'blocked', 'superseded', 'departed'], state);

-- name: RunsByID :many
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.id = ANY (@ids::bigint[]) ORDER BY r.id;

-- The targets at one address, whatever is configured, and the first period that each has a run of.
-- name: TargetsAt :many
SELECT sqlc.embed(t), (SELECT coalesce(min(r.period), '') FROM syncd.run r WHERE r.target_id = t.id)::text AS first
FROM syncd.target t WHERE t.partner = @partner AND t.environment = @environment AND t.base_url = @base_url ORDER BY t.dossier;

-- For the rest of a transaction: what looks at many months at once is better read whole than by its keys.
-- name: ReadWhole :exec
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true), set_config('enable_bitmapscan', 'on', true);

-- Why documents of runs could not be sent, and why the partner refused them, with an example of each. Places of elements, and numbers in
-- what a partner says, tell nothing apart; of values, codes alone do.
-- name: CausesOfRuns :many
SELECT i.run_id, min(p::text)::text AS problem, ''::text AS reason, ''::text AS detail, 0::integer AS status, count(DISTINCT i.seq)::integer AS lines
FROM syncd.item i, json_array_elements(i.problems) p
WHERE i.run_id = ANY (@runs::bigint[]) AND i.state = 'blocked' AND i.problems IS NOT NULL
GROUP BY i.run_id, p ->> 'code', regexp_replace(coalesce(p ->> 'path', ''), '[0-9]+', '', 'g'), p ->> 'dictionary', p ->> 'why',
         CASE WHEN p ->> 'code' IN ('unknown-code', 'withdrawn-code', 'not-listed') THEN p ->> 'value' END
UNION ALL
SELECT i.run_id, '', i.reason_code, min(i.reason_detail), i.http_status, count(*)::integer
FROM syncd.item i WHERE i.run_id = ANY (@runs::bigint[]) AND i.state = 'rejected'
GROUP BY i.run_id, i.reason_code, regexp_replace(i.reason_detail, '[0-9]+', '', 'g'), i.http_status;

-- The newest note of each cause.
-- name: CauseNotes :many
SELECT DISTINCT ON (cause) cause, at, actor, note FROM syncd.cause_note WHERE cause = ANY (@causes::text[]) ORDER BY cause, id DESC;

-- name: AddCauseNote :exec
INSERT INTO syncd.cause_note (cause, actor, note) VALUES (@cause, @actor, @note);
