-- The inbox: what was read of partners. Whoever writes has fenced the run before, in the same transaction.

-- name: InboxIsThere :one
SELECT (to_regclass('inbox.record') IS NOT NULL)::boolean AS there;

-- name: EnsureDossier :exec
INSERT INTO inbox.dossier (target_id, partner, environment, base_url, dossier) VALUES (@target_id, @partner, @environment, @base_url, @dossier)
ON CONFLICT DO NOTHING;

-- Whose records those of a target are.
-- name: GetDossier :one
SELECT partner, environment, base_url, dossier FROM inbox.dossier WHERE target_id = @target_id;

-- name: Cursors :many
SELECT collection, name, since, incarnation FROM inbox.cursor WHERE target_id = @target_id;

-- Records are found key by key: until Postgres has counted them it takes a collection for a few, and would read all for each page.
-- name: KnownRecords :many
SELECT r.key, r.fingerprint, r.gone, r.forgotten
FROM unnest(@keys::text[]) AS k (key) CROSS JOIN LATERAL (
    SELECT o.key, o.fingerprint, (o.gone_since IS NOT NULL)::boolean AS gone, (o.forgotten_at IS NOT NULL)::boolean AS forgotten
    FROM inbox.record o WHERE o.target_id = @target_id AND o.collection = @collection AND o.key = k.key LIMIT 1) r;

-- Old documents are read in a statement of their own, before they are written over: in one statement the difference would be wrong
-- whenever somebody else wrote meanwhile.
-- name: LockRecords :many
SELECT r.key, r.document, r.version, r.gone
FROM unnest(@keys::text[]) AS k (key) CROSS JOIN LATERAL (
    SELECT o.key, coalesce(o.document::text, '')::text AS document, o.version, (o.gone_since IS NOT NULL)::boolean AS gone
    FROM inbox.record o WHERE o.target_id = @target_id AND o.collection = @collection AND o.key = k.key LIMIT 1 FOR UPDATE) r;

-- A record whose files must be read anew is refiled.
-- name: UpsertRecords :exec
INSERT INTO inbox.record AS r (target_id, collection, key, document, fingerprint, version, dated, first_seen, changed_at, first_run, run, files_at)
SELECT @target_id, @collection, o.key, o.document::jsonb, o.fingerprint, o.version, nullif(o.dated, '0001-01-01 00:00:00+00'), clock_timestamp(),
       clock_timestamp(), @run_id, @run_id, CASE WHEN NOT o.refile THEN clock_timestamp() END
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@documents::text[]) AS document, unnest(@fingerprints::bytea[]) AS fingerprint,
             unnest(@versions::integer[]) AS version, unnest(@dateds::timestamptz[]) AS dated, unnest(@refiles::boolean[]) AS refile) o
ON CONFLICT (target_id, collection, key) DO UPDATE SET document = excluded.document, fingerprint = excluded.fingerprint, dated = excluded.dated,
    version = excluded.version, gone_since = NULL,
    changed_at = CASE WHEN r.version <> excluded.version THEN excluded.changed_at ELSE r.changed_at END,
    run = CASE WHEN r.version <> excluded.version THEN excluded.run ELSE r.run END,
    files_at = CASE WHEN excluded.files_at IS NOT NULL THEN coalesce(r.files_at, CASE WHEN @unfiled::boolean THEN NULL ELSE excluded.files_at END) END;

-- name: InsertRecordChanges :exec
INSERT INTO inbox.change (target_id, collection, key, version, path, at, run, difference, old, new)
SELECT @target_id, @collection, o.key, o.version, o.path, clock_timestamp(), @run_id, o.difference, nullif(o.old, '')::jsonb, nullif(o.new, '')::jsonb
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@versions::integer[]) AS version, unnest(@paths::text[]) AS path,
             unnest(@differences::text[]) AS difference, unnest(@olds::text[]) AS old, unnest(@news::text[]) AS new) o;

-- name: RecordKeysDated :many
SELECT key FROM inbox.record
WHERE target_id = @target_id AND collection = @collection AND gone_since IS NULL AND forgotten_at IS NULL
  AND (NOT @limited::boolean OR dated >= sqlc.arg('from')::timestamptz AND dated < sqlc.arg('to')::timestamptz)
ORDER BY key;

-- name: MarkGone :many
UPDATE inbox.record SET gone_since = clock_timestamp(), changed_at = clock_timestamp(), version = version + 1, run = @run_id
WHERE target_id = @target_id AND collection = @collection AND key = ANY (@keys::text[]) AND gone_since IS NULL AND forgotten_at IS NULL
RETURNING key, version;

-- name: MoveCursor :exec
INSERT INTO inbox.cursor (target_id, collection, name, since, incarnation, run)
VALUES (@target_id, @collection, @name, @since, @incarnation, @run_id)
ON CONFLICT (target_id, collection, name) DO UPDATE SET since = excluded.since, incarnation = excluded.incarnation, run = excluded.run;

-- name: RememberedRefusals :many
SELECT collection, name, key, reason_code, reason_detail, since, tried_at FROM inbox.refused WHERE target_id = @target_id;

-- At one place there may be several, each of another window: all since the first of them is asked for again.
-- name: RememberRefused :exec
INSERT INTO inbox.refused AS r (target_id, collection, name, key, reason_code, reason_detail, since, tried_at, run)
SELECT @target_id, @collection, @name, o.key, o.reason_code, o.reason_detail, @since, @tried_at, @run_id
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@reason_codes::text[]) AS reason_code, unnest(@reason_details::text[]) AS reason_detail) o
ON CONFLICT (target_id, collection, name, key) DO UPDATE SET reason_code = excluded.reason_code, reason_detail = excluded.reason_detail,
    since = least(r.since, excluded.since), tried_at = CASE WHEN excluded.since > r.since THEN r.tried_at ELSE excluded.tried_at END,
    run = excluded.run;

-- name: ForgetRefused :exec
DELETE FROM inbox.refused WHERE target_id = @target_id AND collection = @collection AND name = @name AND key = ANY (@keys::text[]);

-- name: UnfiledRecords :many
SELECT key FROM inbox.record
WHERE target_id = @target_id AND collection = @collection AND files_at IS NULL AND gone_since IS NULL AND forgotten_at IS NULL ORDER BY key;

-- name: KnownFiles :many
SELECT file, coalesce(sha256, '')::text AS sha256, missing FROM inbox.file
WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: UpsertFile :one
INSERT INTO inbox.file (target_id, collection, key, file, type, size, sha256, missing, at, run)
VALUES (@target_id, @collection, @key, @file, @type, sqlc.narg('size'), sqlc.narg('sha256'), @missing, clock_timestamp(), @run_id)
ON CONFLICT (target_id, collection, key, file) DO UPDATE SET type = excluded.type, size = excluded.size, sha256 = excluded.sha256,
    missing = excluded.missing, at = excluded.at, run = excluded.run
RETURNING id;

-- name: DropParts :exec
DELETE FROM inbox.part WHERE file_id = @file_id;

-- name: InsertPart :exec
INSERT INTO inbox.part (file_id, n, content) VALUES (@file_id, @n, @content);

-- name: SetFiled :exec
UPDATE inbox.record SET files_at = clock_timestamp() WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: AcknowledgeableRecords :many
SELECT r.key FROM unnest(@keys::text[]) AS k (key) CROSS JOIN LATERAL (
    SELECT o.key FROM inbox.record o WHERE o.target_id = @target_id AND o.collection = @collection AND o.key = k.key AND o.files_at IS NOT NULL
    LIMIT 1) r;

-- name: SetAcknowledged :exec
UPDATE inbox.record SET acknowledged_at = clock_timestamp() WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: CloseRecords :many
UPDATE inbox.record SET acknowledged_at = clock_timestamp()
WHERE target_id = @target_id AND collection = @collection AND acknowledged_at IS NULL AND forgotten_at IS NULL
  AND key <> ALL (@listed::text[])
RETURNING key;

-- What earlier executions of a run did beside what stands in its lines.
-- name: ReturnedByRun :many
SELECT collection, count(*) AS records FROM inbox.change WHERE run = @run_id AND path = '' AND difference = '+' GROUP BY collection;

-- name: FilesOfRun :many
SELECT collection, count(*) AS files FROM inbox.file WHERE run = @run_id AND missing = '' GROUP BY collection;

-- A person erases a record: its key alone stays.
-- name: ForgetRecord :execrows
UPDATE inbox.record SET document = NULL, fingerprint = NULL, dated = NULL, forgotten_at = clock_timestamp(),
    files_at = coalesce(files_at, clock_timestamp())
WHERE target_id = @target_id AND collection = @collection AND key = @key AND forgotten_at IS NULL;

-- name: ForgetChanges :execrows
DELETE FROM inbox.change WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: ForgetFiles :execrows
DELETE FROM inbox.file WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: ForgetRefusedOf :exec
DELETE FROM inbox.refused WHERE target_id = @target_id AND collection = @collection AND key = @key;

-- name: PurgeRecordChanges :execrows
DELETE FROM inbox.change WHERE ctid = ANY (ARRAY(SELECT c.ctid FROM inbox.change c WHERE c.at < sqlc.arg('before')::timestamptz LIMIT @most));

-- A file that is past its time is not fetched again.
-- name: ExpireFiles :execrows
WITH old AS (
    UPDATE inbox.file SET missing = 'file-expired'
    WHERE id IN (SELECT f.id FROM inbox.file f WHERE f.at < sqlc.arg('before')::timestamptz AND f.missing = '' LIMIT @most) RETURNING id
), gone AS (
    DELETE FROM inbox.part p USING old WHERE p.file_id = old.id
)
SELECT id FROM old;

-- name: WeighInbox :one
SELECT (SELECT count(*) FROM inbox.file WHERE missing = '' AND at < sqlc.arg('files')::timestamptz) AS files_go,
       (SELECT count(*) FROM inbox.file WHERE missing = '') AS files;
