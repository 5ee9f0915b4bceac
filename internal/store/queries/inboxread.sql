-- The inbox as people read it. Nothing is written.

-- name: ListRecords :many
SELECT d.target_id, d.partner, d.environment, d.base_url, d.dossier, r.collection, r.key, r.version, r.dated, r.first_seen, r.changed_at, r.run,
       r.gone_since, r.files_at, r.acknowledged_at, r.forgotten_at,
       coalesce(CASE WHEN @documents::boolean THEN r.document::text END, '')::text AS document
FROM inbox.record r JOIN inbox.dossier d USING (target_id)
WHERE (@partner::text = '' OR d.partner = @partner) AND (@dossier::text = '' OR d.dossier = @dossier)
  AND (@collection::text = '' OR r.collection = @collection) AND (@key::text = '' OR r.key = @key)
  AND r.changed_at >= sqlc.arg('since')::timestamptz
ORDER BY r.changed_at DESC, d.partner, d.dossier, r.collection, r.key LIMIT @most;

-- name: RecordChanges :many
SELECT version, path, at, run, difference, coalesce(old::text, '')::text AS old, coalesce(new::text, '')::text AS new
FROM inbox.change WHERE target_id = @target_id AND collection = @collection AND key = @key ORDER BY version, path;

-- name: RecordFiles :many
SELECT id, file, type, size, sha256, missing, at FROM inbox.file
WHERE target_id = @target_id AND collection = @collection AND key = @key ORDER BY file;

-- name: FilePart :one
SELECT content FROM inbox.part WHERE file_id = @file_id AND n = @n;

-- name: CollectionsKept :many
SELECT DISTINCT d.partner, r.collection FROM inbox.record r JOIN inbox.dossier d USING (target_id) ORDER BY 1, 2;

-- What a run made of single records, in portions.
-- name: ReadRecords :many
SELECT collection, key, difference, reason_code, reason_detail, ack FROM syncd.run_record
WHERE run_id = @run_id AND (collection, key) > (@after_collection::text, @after_key::text) ORDER BY collection, key LIMIT @most;

-- What it changed of some of them.
-- name: ChangesOfRun :many
SELECT collection, key, version, path, at, difference, coalesce(old::text, '')::text AS old, coalesce(new::text, '')::text AS new
FROM inbox.change WHERE target_id = @target_id AND collection = ANY (@collections::text[]) AND key = ANY (@keys::text[]) AND run = @run_id
ORDER BY collection, key, version, path;

-- The last accounting of each of these jobs, which read records, at one address.
-- name: LastCollections :many
SELECT r.job, t.dossier, r.collections
FROM syncd.target t CROSS JOIN (SELECT unnest(@jobs::text[]) AS job) j CROSS JOIN LATERAL (
    SELECT l.job, l.collections FROM syncd.run l WHERE l.job = j.job AND l.target_id = t.id AND l.period IS NULL
      AND l.collections IS NOT NULL AND l.finished_at IS NOT NULL AND l.created_at > statement_timestamp() - interval '400 days'
    ORDER BY l.finished_at DESC LIMIT 1) r
WHERE t.environment = @environment AND t.base_url = @base_url;
