-- Claims lock the target, then the run, with NO KEY UPDATE: foreign keys of open transactions do not wait for it.

-- name: EnsureTarget :exec
INSERT INTO syncd.target (partner, environment, base_url, dossier, siret)
VALUES (@partner, @environment, @base_url, @dossier, nullif(@siret::text, ''))
ON CONFLICT (partner, environment, base_url, dossier) DO NOTHING;

-- name: LockTargetByID :exec
SELECT id FROM syncd.target WHERE id = @id FOR NO KEY UPDATE;

-- No row: another process is at it. It may be frozen, and must not keep others from their turn.
-- name: TryLockTarget :one
SELECT id FROM syncd.target WHERE id = @id FOR NO KEY UPDATE SKIP LOCKED;

-- For the rest of a transaction.
-- name: LimitLockWaits :exec
SELECT set_config('lock_timeout', '1s', true);

-- name: FindTarget :one
SELECT id, identity, siret FROM syncd.target
WHERE partner = @partner AND environment = @environment AND base_url = @base_url AND dossier = @dossier;

-- What is not known is empty.
-- name: Identify :one
WITH answered AS (
    INSERT INTO syncd.answered AS a (target_id, service, settings) VALUES (@id, 'identity', @settings)
    ON CONFLICT (target_id, service) DO UPDATE SET settings = excluded.settings, answered_at = clock_timestamp()
    WHERE a.settings <> excluded.settings
)
UPDATE syncd.target SET identity = coalesce(identity, nullif(@identity::text, '')) WHERE id = @id
RETURNING identity;

-- What Identify would find, where there is nothing to record, nothing to refuse, and the run is still ours. No row: there is.
-- name: Identified :one
SELECT t.identity FROM syncd.target t JOIN syncd.run r ON r.target_id = t.id
WHERE r.id = @run_id AND r.epoch = @epoch AND r.state = 'running'
  AND (@answered::text = '' OR t.identity IS NOT NULL) AND (@configured::text = '' OR t.siret = @configured)
  AND EXISTS (SELECT FROM syncd.answered a WHERE a.target_id = t.id AND a.service = 'identity' AND a.settings = @settings)
  AND (r.period IS NULL OR NOT syncd.is_closed(t.id, r.period));

-- name: SetAnswered :exec
INSERT INTO syncd.answered AS a (target_id, service, settings) VALUES (@target_id, @service, @settings)
ON CONFLICT (target_id, service) DO UPDATE SET settings = excluded.settings, answered_at = clock_timestamp()
WHERE a.settings <> excluded.settings;

-- name: AnsweredBy :one
SELECT settings FROM syncd.answered WHERE target_id = @target_id AND service = @service;

-- Of a target that something was, or may have been, received for, another SIRET is for a person to approve.
-- name: SetSiret :exec
UPDATE syncd.target t SET siret = @siret::text
WHERE t.id = @id AND t.siret IS DISTINCT FROM @siret::text
  AND (coalesce(t.siret, t.identity, @siret::text) = @siret::text OR NOT EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = t.id));

-- name: KnownSiret :one
SELECT coalesce(siret, identity, '')::text AS siret FROM syncd.target WHERE id = @id;

-- name: ApproveSiret :exec
UPDATE syncd.target SET siret = @siret::text WHERE id = @id;

-- For whom a target was, or may have been, sent something. No row: for nobody.
-- name: SentSiret :one
SELECT coalesce(t.siret, t.identity, '')::text AS siret FROM syncd.target t
WHERE t.id = @id AND EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = t.id);

-- Other targets of the same establishment that something was, or may have been, received for, but those that a person let
-- this one be sent to beside. id 0 = a target that nothing was ever done with. Behind # stands what tells addresses apart that
-- migration 9 made one.
-- name: ListSharing :many
SELECT o.id, o.dossier, split_part(o.base_url, '#', 1)::text AS base_url FROM syncd.target o
LEFT JOIN syncd.target t ON t.id = @id
WHERE o.partner = @partner AND o.environment = @environment AND o.id <> @id
  AND (coalesce(o.identity, o.siret) = coalesce(t.identity, nullif(@siret::text, ''), t.siret)
       OR o.dossier = @dossier AND split_part(o.base_url, '#', 1) = @base_url::text)
  AND EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = o.id)
  AND NOT EXISTS (SELECT FROM syncd.sharing s WHERE s.target_id = @id AND s.other_id = o.id)
ORDER BY o.id;

-- name: LetShare :exec
INSERT INTO syncd.sharing (target_id, other_id, run_id)
SELECT @target_id, unnest(@others::bigint[]), @run_id ON CONFLICT (target_id, other_id) DO NOTHING;
