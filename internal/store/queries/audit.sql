-- name: InsertAudit :one
INSERT INTO syncd.audit (actor, decision, target_id, job, period, run_id, employees, reason, detail, facts, host, version, config_digest, account, channel, proof)
VALUES (@actor, @decision, sqlc.narg('target_id'), @job, @period, sqlc.narg('run_id'), @employees, @reason, @detail, sqlc.narg('facts'), @host, @version, @config_digest, @account, @channel, @proof)
RETURNING id;

-- name: ListAudit :many
SELECT a.id, a.at, a.actor, a.decision, coalesce(t.dossier, '')::text AS dossier, coalesce(t.environment, '')::text AS environment,
       coalesce(t.partner, '')::text AS partner, coalesce(t.base_url, '')::text AS base_url,
       a.job, a.period, a.run_id, a.employees, a.reason, a.detail, a.facts, a.host, a.version, a.config_digest, a.account, a.channel, a.proof
FROM syncd.audit a LEFT JOIN syncd.target t ON t.id = a.target_id
WHERE (@dossier::text = '' OR t.dossier = @dossier) AND (@job::text = '' OR a.job = @job)
  AND (@period::text = '' OR a.period = @period) AND (@run_id::bigint = 0 OR a.run_id = @run_id)
  AND (@actor::text = '' OR a.actor = @actor)
  AND (@decision::text = '' OR a.decision = @decision) AND a.at >= sqlc.arg('since')::timestamptz
ORDER BY a.id DESC LIMIT sqlc.narg('max_rows')::integer;

-- The same of what names an employee: those lines are few, and found first.
-- name: ListAuditNaming :many
WITH named AS MATERIALIZED (SELECT n.id FROM syncd.audit n WHERE n.employees @> ARRAY[@employee::text])
SELECT a.id, a.at, a.actor, a.decision, coalesce(t.dossier, '')::text AS dossier, coalesce(t.environment, '')::text AS environment,
       coalesce(t.partner, '')::text AS partner, coalesce(t.base_url, '')::text AS base_url,
       a.job, a.period, a.run_id, a.employees, a.reason, a.detail, a.facts, a.host, a.version, a.config_digest, a.account, a.channel, a.proof
FROM named JOIN syncd.audit a ON a.id = named.id LEFT JOIN syncd.target t ON t.id = a.target_id
WHERE (@dossier::text = '' OR t.dossier = @dossier) AND (@job::text = '' OR a.job = @job)
  AND (@period::text = '' OR a.period = @period) AND (@run_id::bigint = 0 OR a.run_id = @run_id)
  AND (@actor::text = '' OR a.actor = @actor)
  AND (@decision::text = '' OR a.decision = @decision) AND a.at >= sqlc.arg('since')::timestamptz
ORDER BY a.id DESC LIMIT sqlc.narg('max_rows')::integer;

-- For the rest of a transaction: what lists name is found by a bitmap alone.
-- name: ReadByBitmap :exec
SELECT set_config('enable_bitmapscan', 'on', true);

-- name: AuditedAlike :many
SELECT DISTINCT named.key::text FROM syncd.audit a LEFT JOIN syncd.target t ON t.id = a.target_id, unnest(a.employees) AS named(key)
WHERE a.employees && @keys::text[] AND (@dossier::text = '' OR t.dossier = @dossier) AND named.key = ANY (@keys::text[])
ORDER BY 1;

-- Only one process at a time compares a configuration with the last one. The number is no process's: theirs are not negative.
-- name: LockConfigurations :exec
SELECT pg_advisory_xact_lock(-4);

-- name: LastConfiguration :one
SELECT config_digest FROM syncd.audit WHERE decision = 'configuration' AND host = @host ORDER BY id DESC LIMIT 1;
