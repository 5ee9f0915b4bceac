-- name: AddReading :one
INSERT INTO syncd.reading (actor, account, login, channel, host, target_id, run_id, key, field)
VALUES (@actor, @account, @login, @channel, @host, @target_id, sqlc.narg('run_id'), @key, @field)
RETURNING at;

-- The newest first.
-- name: ListReadings :many
SELECT r.at, r.actor, r.account, r.login, r.channel, r.host, r.run_id, r.key, r.field, sqlc.embed(t)
FROM syncd.reading r JOIN syncd.target t ON t.id = r.target_id
WHERE (@dossier::text = '' OR t.dossier = @dossier) AND (@key::text = '' OR r.key = @key) AND (@actor::text = '' OR r.actor = @actor)
  AND r.at >= @since::timestamptz
ORDER BY r.id DESC LIMIT @max_rows;

-- name: PurgeReadings :execrows
DELETE FROM syncd.reading WHERE id IN (
    SELECT r.id FROM syncd.reading r WHERE r.at < least(sqlc.arg('before')::timestamptz, clock_timestamp() - interval '28 days') LIMIT @most);

-- name: WeighReadings :one
SELECT count(*)::bigint AS readings, count(*) FILTER (WHERE r.at < sqlc.arg('before')::timestamptz)::bigint AS readings_go FROM syncd.reading r;

-- name: EraseReadings :exec
UPDATE syncd.reading SET key = @name WHERE target_id = @target_id AND key = @key;

-- A document that may still leave.
-- name: SealedItem :one
SELECT i.seq, i.period, i.baseline_version, i.payload FROM syncd.item i
WHERE i.run_id = @run_id AND i.target_id = @target_id AND i.key = @key AND i.payload IS NOT NULL ORDER BY i.seq LIMIT 1;

-- What the partner acknowledged last, by a run where one is named.
-- name: AcknowledgedDocument :one
SELECT b.period, b.run_id, b.seq, b.version, b.document FROM syncd.baseline b
WHERE b.target_id = @target_id AND b.key = @key AND b.version > 0 AND b.document IS NOT NULL
  AND (@run_id::bigint = 0 OR b.run_id = @run_id) ORDER BY b.period DESC LIMIT 1;
