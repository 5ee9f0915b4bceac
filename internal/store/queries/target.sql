-- Claims lock the target, then the run, with NO KEY UPDATE: foreign keys of open transactions do not wait for it.

-- name: EnsureTarget :exec
INSERT INTO syncd.target (partner, environment, base_url, dossier)
VALUES (@partner, @environment, @base_url, @dossier)
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
SELECT id, identity FROM syncd.target
WHERE partner = @partner AND environment = @environment AND base_url = @base_url AND dossier = @dossier;

-- name: Identify :one
UPDATE syncd.target SET identity = coalesce(identity, @identity) WHERE id = @id
RETURNING identity;
