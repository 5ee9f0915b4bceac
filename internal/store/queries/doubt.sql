-- What may or may not have been received for a target and period, of any run.
-- name: ListDoubts :many
SELECT i.run_id, i.seq, i.key, i.baseline_version, i.payload,
       b.document AS previous, b.run_id AS previous_run, b.seq AS previous_seq,
       greatest(0, extract(epoch FROM b.doubt_since + make_interval(secs => @timeout_seconds::float8) - clock_timestamp()))::float8 AS wait_seconds
FROM syncd.item i
JOIN syncd.baseline b ON b.target_id = i.target_id AND b.key = i.key AND b.period = i.period
     AND b.version = i.baseline_version AND b.in_doubt
WHERE i.target_id = @target_id AND i.period = @period AND i.open AND i.state = 'uncertain'
  AND (sqlc.narg('keys')::text[] IS NULL OR i.key = ANY (sqlc.narg('keys')::text[]))
ORDER BY i.key;

-- A document that the partner certainly has.
-- name: Witness :one
SELECT key, document, run_id, seq, version FROM syncd.baseline
WHERE target_id = @target_id AND period = @period AND version > 0 AND NOT in_doubt AND NOT withdrawn AND NOT removed
ORDER BY acknowledged_at DESC LIMIT 1;

-- What newer runs left to be settled first is delivered, where it is the same document.
-- name: SettleFollowers :many
UPDATE syncd.item i SET state = 'accepted', reason_code = 'settled', reason_detail = ''
FROM syncd.baseline b
WHERE i.target_id = @target_id AND i.period = @period AND i.key = ANY (@keys::text[]) AND i.state = 'unsettled'
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period AND b.fingerprint = i.fingerprint AND NOT b.in_doubt
RETURNING i.run_id;
