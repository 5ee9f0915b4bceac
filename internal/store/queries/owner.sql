-- name: RegisterOwner :exec
INSERT INTO syncd.owner (id, heartbeat_at) VALUES (@id, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp();

-- name: Heartbeat :execrows
UPDATE syncd.owner SET heartbeat_at = clock_timestamp() WHERE id = @id;

-- name: RemoveOwner :exec
DELETE FROM syncd.owner WHERE owner.id = @id
AND NOT EXISTS (SELECT FROM syncd.run r WHERE r.owner = @id);

-- Owners that died leave a row behind; a heartbeat of a day ago concerns nobody.
-- name: ForgetOwners :exec
DELETE FROM syncd.owner WHERE heartbeat_at < clock_timestamp() - interval '1 day'
AND NOT EXISTS (SELECT FROM syncd.run r WHERE r.owner = owner.id);

-- How long an owner has been silent, in seconds.
-- name: OwnerSilence :one
SELECT extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS seconds FROM syncd.owner WHERE owner.id = @id;
