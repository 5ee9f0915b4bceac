-- Whoever executes or decides something keeps the key meanwhile: it is not changed under them.
-- name: KeepKey :one
SELECT key_id, becoming FROM syncd.ledger_key WHERE singleton FOR SHARE;

-- name: AnyRunning :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id WHERE r.state = 'running' ORDER BY r.id LIMIT 1;

-- name: InsertNextKey :exec
INSERT INTO syncd.ledger_key (key_id, singleton) VALUES (@key_id, NULL) ON CONFLICT DO NOTHING;

-- name: BeginRekey :exec
UPDATE syncd.ledger_key SET becoming = @becoming WHERE singleton;

-- name: SealedDocuments :many
SELECT target_id, key, period, version, run_id, seq, document, amounts FROM syncd.baseline
WHERE (target_id, key, period) > (@after_target::bigint, @after_key::text, @after_period::text)
  AND document IS NOT NULL AND key_id IS DISTINCT FROM @key_id
ORDER BY target_id, key, period LIMIT @most
FOR UPDATE;

-- name: ResealDocuments :exec
UPDATE syncd.baseline b SET document = o.document, amounts = o.amounts, fingerprint = o.fingerprint, key_id = @key_id
FROM (SELECT unnest(@targets::bigint[]) AS target_id, unnest(@keys::text[]) AS key, unnest(@periods::text[]) AS period,
             unnest(@documents::bytea[]) AS document, unnest(@amounts::bytea[]) AS amounts, unnest(@fingerprints::bytea[]) AS fingerprint) o
WHERE b.target_id = o.target_id AND b.key = o.key AND b.period = o.period;

-- Fingerprints of what is over cannot be made anew, for nothing is kept of it, and are not kept by a key that is given up.
-- name: DropFingerprints :exec
UPDATE syncd.item SET fingerprint = NULL WHERE run_id = ANY (@runs::bigint[]) AND NOT open AND fingerprint IS NOT NULL;

-- name: SealedRuns :many
SELECT id, target_id, kind, period, plan_digest, approved_digest, approved_by, approval, release, figures FROM syncd.run
WHERE key_id = @key_id ORDER BY id LIMIT @most FOR UPDATE;

-- name: ResealRuns :exec
UPDATE syncd.run r SET figures = o.figures, release = o.release, key_id = @key_id
FROM (SELECT unnest(@runs::bigint[]) AS id, unnest(@figures::bytea[]) AS figures, unnest(@releases::bytea[]) AS release) o
WHERE r.id = o.id;

-- name: RetireKey :exec
UPDATE syncd.ledger_key SET singleton = NULL, becoming = NULL WHERE key_id = @key_id;

-- name: InstallKey :exec
UPDATE syncd.ledger_key SET singleton = true, lasting = @lasting, first_used_at = clock_timestamp() WHERE key_id = @key_id;

-- name: DropKey :exec
DELETE FROM syncd.ledger_key WHERE key_id = @key_id;
