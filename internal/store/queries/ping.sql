-- What the fires of some jobs have come to, of these targets, so far as nobody has noted it: begun; failed for some dossier; or
-- done, when every schedule has dealt with the fire and all of its runs have succeeded. Looked at are those with a run that is
-- active, or ended lately.
-- name: NotePings :exec
WITH moved AS (
    SELECT DISTINCT r.job, r.nominal_at FROM syncd.run r
    WHERE r.job = ANY (@jobs::text[]) AND r.nominal_at IS NOT NULL
      AND (r.finished_at IS NULL OR r.finished_at > clock_timestamp() - make_interval(secs => @within_seconds::float8))
      AND NOT EXISTS (SELECT FROM syncd.ping p WHERE p.job = r.job AND p.nominal_at = r.nominal_at AND p.event = 'done')
), fire AS (
    SELECT r.job, r.nominal_at, bool_or(r.started_at IS NOT NULL) AS started,
           bool_or(r.state IN ('incomplete', 'failed', 'held', 'cancelled')) AS failed,
           bool_and(r.state = 'succeeded') AND NOT EXISTS (
               SELECT FROM syncd.schedule s
               WHERE s.job = r.job AND s.dealt_with < r.nominal_at
                 AND (s.job, s.target_id) IN (SELECT unnest(@jobs::text[]), unnest(@targets::bigint[]))) AS done
    FROM moved m JOIN syncd.run r ON r.job = m.job AND r.nominal_at = m.nominal_at
    GROUP BY r.job, r.nominal_at
)
INSERT INTO syncd.ping (job, nominal_at, event)
SELECT f.job, f.nominal_at, e.event
FROM fire f, LATERAL (VALUES ('started', f.started), ('failed', f.failed), ('done', f.done)) e (event, due)
WHERE e.due
ON CONFLICT (job, nominal_at, event) DO NOTHING;

-- A run of a fire has to wait for something that a person must see to.
-- name: NotePing :exec
INSERT INTO syncd.ping (job, nominal_at, event)
SELECT job, nominal_at, 'failed' FROM syncd.run WHERE id = @run_id AND nominal_at IS NOT NULL
ON CONFLICT (job, nominal_at, event) DO NOTHING;

-- Takes what was not told yet, and that nobody has set about lately. Once a fire is done nothing else of it matters.
-- name: TakePings :many
UPDATE syncd.ping p SET claimed_at = clock_timestamp(), tries = tries + 1
WHERE p.job = ANY (@jobs::text[]) AND p.told_at IS NULL AND p.claimed_at < clock_timestamp() - make_interval(secs => @again_seconds::float8) * (CASE WHEN p.tries < 6 THEN 1 << p.tries ELSE 64 END)
  AND p.noted_at > clock_timestamp() - make_interval(secs => @within_seconds::float8)
  AND NOT EXISTS (SELECT FROM syncd.ping d WHERE d.job = p.job AND d.nominal_at = p.nominal_at AND d.event = 'done' AND p.event <> 'done')
RETURNING p.job, p.nominal_at, p.event;

-- name: TellPing :exec
UPDATE syncd.ping SET told_at = clock_timestamp() WHERE job = @job AND nominal_at = @nominal_at AND event = @event AND told_at IS NULL;

-- name: ForgetPings :exec
DELETE FROM syncd.ping WHERE noted_at < clock_timestamp() - interval '400 days';
