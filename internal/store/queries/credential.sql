-- What partners granted and refused.

-- name: GetCredential :one
SELECT version, secret, access, refresh, access_until, refresh_until, spent, tries, tried_at,
       EXISTS (SELECT FROM syncd.refused_secret r WHERE r.target_id = c.target_id AND r.secret = @own_secret) AS refused,
       coalesce(held_until > clock_timestamp(), false)::boolean AS held
FROM syncd.credential c WHERE c.target_id = @target_id;

-- name: EnsureCredential :exec
INSERT INTO syncd.credential (target_id) VALUES (@target_id) ON CONFLICT DO NOTHING;

-- name: LockCredential :one
SELECT version, secret, access, refresh, access_until, refresh_until, spent, tries, tried_at,
       EXISTS (SELECT FROM syncd.refused_secret r WHERE r.target_id = c.target_id AND r.secret = @own_secret) AS refused,
       coalesce(held_until > clock_timestamp(), false)::boolean AS held
FROM syncd.credential c WHERE c.target_id = @target_id FOR UPDATE;

-- name: HoldCredential :exec
UPDATE syncd.credential SET holder = @holder::bigint, held_until = clock_timestamp() + make_interval(secs => @lease_seconds::float8), spent = true,
    access = CASE WHEN secret = @secret THEN access END, refresh = CASE WHEN secret = @secret THEN refresh END,
    tries = CASE WHEN secret = @secret THEN tries + 1 ELSE 1 END, tried_at = clock_timestamp(), secret = @secret
WHERE target_id = @target_id;

-- name: KeepCredential :execrows
UPDATE syncd.credential SET version = version + 1, key_id = @key_id::text, access = @access, refresh = sqlc.narg('refresh'),
    access_until = sqlc.narg('access_until'), refresh_until = sqlc.narg('refresh_until'), spent = false, tries = 0, holder = NULL, held_until = NULL
WHERE target_id = @target_id AND version = @version AND holder = @holder::bigint;

-- name: ReleaseCredential :execrows
UPDATE syncd.credential SET holder = NULL, held_until = NULL, spent = CASE WHEN @did_leave::boolean THEN spent ELSE @spent::boolean END,
    tries = CASE WHEN @answered::boolean THEN 0 WHEN @did_leave::boolean THEN tries ELSE @tries::integer END,
    tried_at = CASE WHEN @did_leave::boolean THEN tried_at ELSE sqlc.narg('tried_at') END
WHERE target_id = @target_id AND version = @version AND holder = @holder::bigint;

-- name: RefusedSince :one
SELECT refused_at FROM syncd.refused_secret
WHERE target_id = @target_id AND secret = @secret AND refused_at > clock_timestamp() - interval '1 day';

-- name: NoteRefused :exec
INSERT INTO syncd.refused_secret (target_id, secret, refused_at) VALUES (@target_id, @secret, clock_timestamp())
ON CONFLICT (target_id, secret) DO UPDATE SET refused_at = excluded.refused_at;

-- name: DropOldRefused :exec
DELETE FROM syncd.refused_secret r WHERE r.target_id = @target_id AND r.secret NOT IN (
    SELECT k.secret FROM syncd.refused_secret k WHERE k.target_id = @target_id ORDER BY k.refused_at DESC LIMIT @keep);

-- name: ForgiveSecret :exec
DELETE FROM syncd.refused_secret WHERE target_id = @target_id AND secret = @secret;

-- name: ForgiveSecrets :exec
DELETE FROM syncd.refused_secret WHERE target_id = @target_id;

-- name: ForgiveTries :exec
UPDATE syncd.credential SET tries = 0 WHERE target_id = @target_id;

-- name: SealedCredentials :many
SELECT target_id, version, access, refresh FROM syncd.credential WHERE key_id = @key_id::text ORDER BY target_id LIMIT @most FOR UPDATE;

-- name: ResealCredentials :exec
UPDATE syncd.credential c SET access = o.access, refresh = o.refresh, key_id = @key_id::text
FROM (SELECT unnest(@targets::bigint[]) AS target_id, unnest(@accesses::bytea[]) AS access, unnest(@refreshes::bytea[]) AS refresh) o
WHERE c.target_id = o.target_id;
