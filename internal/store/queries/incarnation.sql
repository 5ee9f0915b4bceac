-- name: Incarnation :one
SELECT s.system_identifier::bigint AS server, c.timeline_id::integer AS timeline, 'syncd.run'::regclass::oid::bigint AS tables
FROM pg_control_system() s, pg_control_checkpoint() c;

-- name: LastIncarnation :one
SELECT server, timeline, tables FROM syncd.incarnation FOR UPDATE;

-- name: SetIncarnation :exec
INSERT INTO syncd.incarnation (server, timeline, tables) VALUES (@server, @timeline, @tables)
ON CONFLICT (singleton) DO UPDATE SET server = excluded.server, timeline = excluded.timeline, tables = excluded.tables;

-- name: LedgerVersion :one
SELECT coalesce(max(version_id), 0)::bigint AS version FROM syncd.goose_db_version WHERE is_applied;
