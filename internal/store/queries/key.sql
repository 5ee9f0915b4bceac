-- name: RegisterKey :exec
INSERT INTO syncd.ledger_key (key_id) VALUES (@key_id) ON CONFLICT DO NOTHING;

-- name: RegisteredKey :one
SELECT key_id, unbound, lasting, becoming FROM syncd.ledger_key WHERE singleton;

-- name: SetLasting :one
UPDATE syncd.ledger_key SET lasting = coalesce(lasting, @lasting) WHERE key_id = @key_id
RETURNING lasting;

-- name: LockKey :one
SELECT key_id, unbound, lasting, becoming FROM syncd.ledger_key WHERE singleton FOR UPDATE;

-- name: NoteBound :exec
UPDATE syncd.ledger_key SET unbound = 'kept' WHERE singleton;

-- What is sealed and may still be sent, in the order of the index of open items.
-- name: SealedItems :many
SELECT run_id, seq, target_id, period, key, state, baseline_version, payload, amounts FROM syncd.item
WHERE open AND (target_id, period, key) > (@after_target::bigint, @after_period::text, @after_key::text)
ORDER BY target_id, period, key LIMIT @most FOR UPDATE;

-- name: ResealItems :exec
UPDATE syncd.item i SET payload = o.payload, amounts = o.amounts, fingerprint = o.fingerprint
FROM (SELECT unnest(@runs::bigint[]) AS run_id, unnest(@seqs::integer[]) AS seq, unnest(@payloads::bytea[]) AS payload,
             unnest(@amounts::bytea[]) AS amounts, unnest(@fingerprints::bytea[]) AS fingerprint) o
WHERE i.run_id = o.run_id AND i.seq = o.seq AND i.open;
