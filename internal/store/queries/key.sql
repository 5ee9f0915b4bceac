-- name: RegisterKey :exec
INSERT INTO syncd.ledger_key (key_id) VALUES (@key_id) ON CONFLICT DO NOTHING;

-- name: RegisteredKey :one
SELECT key_id FROM syncd.ledger_key;
