-- Which ledger this is, and how far it has come. What it names is committed and durable: a row of others is seen once its
-- commit has reached the disk, and the position in the write-ahead log is that of what has been flushed. sequence may be
-- further: it only tells what cannot have been given to a newer run yet. kept: the audit has that line.
-- name: Position :one
SELECT s.system_identifier::bigint AS server,
       (CASE WHEN pg_is_in_recovery() THEN c.timeline_id ELSE ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer END)::integer AS timeline,
       (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())::bigint AS database,
       'syncd.run'::regclass::oid::bigint AS tables,
       coalesce((SELECT i.noticed FROM syncd.incarnation i), 0)::integer AS noticed,
       coalesce((SELECT max(r.id) FROM syncd.run r), 0)::bigint AS run,
       coalesce(pg_sequence_last_value(pg_get_serial_sequence('syncd.run', 'id')::regclass), 0)::bigint AS sequence,
       coalesce(t.id, 0)::bigint AS audit, coalesce(t.at, 'epoch')::timestamptz AS audit_at,
       ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END) - '0/0'::pg_lsn)::bigint AS wal,
       clock_timestamp()::timestamptz AS at,
       (@audit_seen::bigint = 0 OR EXISTS (SELECT FROM syncd.audit a WHERE a.id = @audit_seen AND a.at = sqlc.arg('audit_seen_at')::timestamptz))::boolean AS kept,
       coalesce((SELECT max(v.version_id) FROM syncd.goose_db_version v WHERE v.is_applied), 0)::bigint AS version
FROM pg_control_system() s, pg_control_checkpoint() c LEFT JOIN LATERAL (SELECT a.id, a.at FROM syncd.audit a ORDER BY a.id DESC LIMIT 1) t ON true;

-- name: EnsureIncarnation :exec
INSERT INTO syncd.incarnation (server, timeline, tables, database) VALUES (@server, @timeline, @tables, @database) ON CONFLICT (singleton) DO NOTHING;

-- No row: no process has executed anything in this ledger yet.
-- name: GetIncarnation :one
SELECT ledger::text AS ledger, server, timeline, tables, database, noticed, runs, trail FROM syncd.incarnation;

-- name: LockIncarnation :one
SELECT ledger::text AS ledger, server, timeline, tables, database, noticed, runs, trail FROM syncd.incarnation FOR UPDATE;

-- name: MoveIncarnation :exec
UPDATE syncd.incarnation SET server = @server, timeline = @timeline, tables = @tables, database = @database,
    noticed = @noticed, noticed_at = clock_timestamp(), runs = @runs, trail = @trail;

-- Somebody has looked at a ledger that was put back once none of the pauses that were made for it is left, and a person
-- has ended one.
-- name: HasLooked :one
SELECT (NOT EXISTS (SELECT FROM syncd.pause p WHERE p.paused_by = 'syncd')
        AND EXISTS (SELECT FROM syncd.audit a, syncd.incarnation i WHERE a.decision = 'unpause' AND a.id > i.trail))::boolean;

-- A month that may have been sent in what a ledger lost that was put back, and of which no run of everyone was finished since.
-- One that began a month after that was noticed, or later, was not sent before.
-- name: MonthMayBeLost :one
SELECT coalesce(i.noticed > 0 AND @begins::timestamptz < i.noticed_at + interval '31 days' AND NOT EXISTS (
    SELECT FROM syncd.run r
    WHERE r.target_id = @target_id AND r.period = sqlc.arg('period')::text AND r.figures IS NOT NULL AND r.state IN ('succeeded', 'incomplete')
      AND r.incarnation = @incarnation
), false)::boolean FROM syncd.incarnation i;

-- Whoever had paused the job before, it is paused for this now.
-- name: PauseForPutBack :exec
INSERT INTO syncd.pause (job, paused_by, reason) VALUES (@job, @paused_by, @reason)
ON CONFLICT (job) DO UPDATE SET since = clock_timestamp(), paused_by = excluded.paused_by, reason = excluded.reason;
