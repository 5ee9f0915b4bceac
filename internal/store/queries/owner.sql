-- name: RegisterOwner :exec
INSERT INTO syncd.owner (id, heartbeat_at) VALUES (@id, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp();

-- The heartbeat brings back which of the owner's runs somebody asked to cancel.
-- name: Heartbeat :one
UPDATE syncd.owner SET heartbeat_at = clock_timestamp() WHERE owner.id = @id
RETURNING coalesce((SELECT array_agg(r.id) FROM syncd.run r
                    WHERE r.state = 'running' AND r.owner = owner.id AND r.cancelling), '{}')::bigint[] AS cancelling;

-- name: RemoveOwner :exec
DELETE FROM syncd.owner WHERE owner.id = @id
AND NOT EXISTS (SELECT FROM syncd.run r WHERE r.state = 'running' AND r.owner = @id);

-- Owners that died leave a row behind; a heartbeat of a day ago concerns nobody.
-- name: ForgetOwners :exec
DELETE FROM syncd.owner WHERE heartbeat_at < clock_timestamp() - interval '1 day'
AND NOT EXISTS (SELECT FROM syncd.run r WHERE r.state = 'running' AND r.owner = owner.id);

-- How long an owner has been silent, in seconds, and whether its lock is taken. Negative: the
-- heartbeat is from before the server's clock was set back.
-- name: OwnerStatus :one
SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - o.heartbeat_at) FROM syncd.owner o WHERE o.id = @id), 1e9)::float8 AS silent_seconds,
       EXISTS (SELECT FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                 AND (l.classid::bigint << 32) | l.objid::bigint = @id)::boolean AS locked;

-- name: TerminateSessions :exec
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
WHERE a.application_name = @application_name::text AND a.usename = current_user AND a.pid <> pg_backend_pid();
