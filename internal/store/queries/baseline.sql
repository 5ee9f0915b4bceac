-- name: BaselineDocuments :many
SELECT r.ordinal, b.removed, b.document, b.amounts, b.run_id, b.seq, b.version
FROM (SELECT generate_subscripts(@keys::text[], 1)::integer AS ordinal, unnest(@keys::text[]) AS key, unnest(@periods::text[]) AS period) r
JOIN syncd.baseline b ON b.target_id = @target_id AND b.key = r.key AND b.period = r.period
WHERE b.version > 0;

-- Documents whose time is past, a few behind a place: of people who left before, of months that something newer of the same
-- person has followed, and of dossiers of which nothing was executed since. Nothing is that may still be sent or settled.
-- last = it is what is known last of that person.
-- name: DueDocuments :many
SELECT b.target_id, b.key, b.period, b.version, b.run_id, b.seq, b.document, (newer.period IS NULL AND NOT b.withdrawn)::boolean AS last
FROM syncd.baseline b
LEFT JOIN LATERAL (SELECT n.period FROM syncd.baseline n WHERE n.target_id = b.target_id AND n.key = b.key AND n.period > b.period
                   AND n.version > 0 AND NOT n.withdrawn LIMIT 1) newer ON true
WHERE (b.target_id, b.key, b.period) > (@after_target::bigint, @after_key::text, @after_period::text)
  AND b.document IS NOT NULL AND NOT b.in_doubt AND b.acknowledged_at < sqlc.arg('before')::timestamptz
  AND b.period < to_char(sqlc.arg('before')::timestamptz, 'YYYY-MM')
  AND (newer.period IS NOT NULL OR b.gone_since < sqlc.arg('before')::timestamptz
       OR NOT EXISTS (SELECT FROM syncd.run r WHERE r.target_id = b.target_id AND r.finished_at >= sqlc.arg('before')::timestamptz))
  AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.target_id = b.target_id AND i.key = b.key AND i.open)
ORDER BY b.target_id, b.key, b.period LIMIT @most
FOR UPDATE OF b SKIP LOCKED;

-- name: RemoveDocuments :exec
UPDATE syncd.baseline b SET document = NULL, amounts = NULL, removed = true, fingerprint = o.fingerprint
FROM (SELECT unnest(@targets::bigint[]) AS target_id, unnest(@keys::text[]) AS key, unnest(@periods::text[]) AS period,
             unnest(@fingerprints::bytea[]) AS fingerprint) o
WHERE b.target_id = o.target_id AND b.key = o.key AND b.period = o.period;

-- name: LeaveTraces :exec
INSERT INTO syncd.trace (target_id, key, path, mac)
SELECT unnest(@targets::bigint[]), unnest(@keys::text[]), unnest(@paths::text[]), unnest(@macs::bytea[])
ON CONFLICT DO NOTHING;

-- name: FindTraces :many
SELECT mac, key FROM syncd.trace WHERE target_id = @target_id AND mac = ANY (@macs::bytea[]) ORDER BY key;
