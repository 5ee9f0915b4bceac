-- What is known of a target, in one look: a run that changes nothing consists of looks. acknowledged: something was.
-- drifted: the period waits for a person to look at what was edited at the other side. traced: it kept traces of documents.
-- closed: the last periods before this one, of which that are closed. forgotten: who was erased, by the name that is left.
-- owed: who was to be sent again although nothing had changed, and is yet to be.
-- name: Known :one
SELECT EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = @target_id AND b.version > 0)::boolean AS acknowledged,
       EXISTS (SELECT FROM syncd.item i WHERE i.target_id = @target_id AND i.period = sqlc.arg('period')::text AND i.open AND i.state = 'held'
               AND (i.findings::jsonb @> '[{"rule": "drift"}]' OR i.findings::jsonb @> '[{"rule": "unread"}]'))::boolean AS drifted,
       EXISTS (SELECT FROM syncd.trace t WHERE t.target_id = @target_id)::boolean AS traced,
       ARRAY(SELECT DISTINCT r.period::text FROM syncd.run r WHERE r.target_id = @target_id AND r.period IS NOT NULL AND r.accepted > 0)::text[] AS sent,
       ARRAY(SELECT c.period::text FROM syncd.closed_period c
             WHERE c.target_id = @target_id AND c.period < sqlc.arg('period')::text AND syncd.is_closed(c.target_id, c.period)
             ORDER BY c.period DESC LIMIT 3)::text[] AS closed,
       ARRAY(SELECT f.name::text FROM syncd.forgotten f WHERE f.target_id = @target_id AND f.period = sqlc.arg('period')::text)::text[] AS forgotten,
       ARRAY(SELECT i.key::text FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id
             WHERE i.target_id = @target_id AND i.period = sqlc.arg('period')::text AND i.open AND i.state <> 'held' AND r.state <> 'held'
               AND (i.difference = '=' OR i.difference = '*' AND r.resend <> ''))::text[] AS owed;

-- The newest finished run of everyone of a target.
-- name: LastFigures :one
SELECT id, period, figures, incarnation FROM syncd.run
WHERE target_id = @target_id AND period IS NOT NULL AND figures IS NOT NULL AND state IN ('succeeded', 'incomplete')
ORDER BY id DESC LIMIT 1;

-- The newest one of each of some periods, the newest period first: of this one, and of the six before in which something
-- was delivered. Of this one a run that a person approved comes first: others may only be near to what was usual.
-- name: PeriodFigures :many
SELECT f.id, f.period, f.figures, f.approved, f.plan_digest, f.approved_by, f.approval, f.release FROM (
    SELECT DISTINCT ON (r.period) r.id, r.period, r.figures, r.plan_digest, r.approved_by, r.approval, r.release, (r.approved_digest <> '' AND r.approved_digest = r.plan_digest)::boolean AS approved
    FROM syncd.run r
    WHERE r.target_id = @target_id AND r.period <= @period AND r.figures IS NOT NULL AND r.state IN ('succeeded', 'incomplete')
      AND r.accepted + r.unchanged > 0
    ORDER BY r.period DESC, r.period = @period AND r.approved_digest <> '' AND r.approved_digest = r.plan_digest DESC, r.id DESC
) f ORDER BY f.period DESC LIMIT 7;

-- The runs of a period that are held as a whole and read one of these employees, the newest first.
-- name: HeldRunsOf :many
SELECT id, findings FROM syncd.run
WHERE target_id = @target_id AND period = sqlc.arg('period')::text AND state = 'held' AND (employees = '{}' OR employees && @keys::text[])
  AND findings IS NOT NULL
ORDER BY id DESC;

-- name: HeldItemsOf :many
SELECT key, fingerprint, findings FROM syncd.item
WHERE target_id = @target_id AND period = @period AND open AND state = 'held' AND key = ANY (@keys::text[])
  AND findings IS NOT NULL AND fingerprint IS NOT NULL;

-- What runs for some employees sent since the last run of everyone came to its end, but those whose plan a person approved.
-- name: SentApart :many
SELECT i.key, i.fingerprint, (i.difference = '+')::boolean AS created,
       (i.difference = '*' AND EXISTS (SELECT FROM json_array_elements(i.diff) AS c WHERE c ->> 'child' IS DISTINCT FROM 'true'))::boolean AS updated
FROM syncd.run r JOIN syncd.item i ON i.run_id = r.id
WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.employees <> '{}'
  AND NOT (r.approved_digest <> '' AND r.approved_digest = r.plan_digest)
  AND r.id > coalesce((SELECT max(w.id) FROM syncd.run w WHERE w.target_id = @target_id AND w.period = sqlc.arg('period')::text
                       AND w.employees = '{}' AND w.figures IS NOT NULL AND w.state IN ('succeeded', 'incomplete')), 0)
  AND i.sent_at IS NOT NULL AND i.fingerprint IS NOT NULL
ORDER BY i.run_id DESC, i.seq;
