-- name: TargetByID :one
SELECT id, partner, environment, base_url, dossier, identity, created_at, siret FROM syncd.target WHERE id = @id;

-- name: StoryKnown :many
SELECT period, version, in_doubt, withdrawn, run_id, acknowledged_at FROM syncd.baseline
WHERE target_id = @target_id AND key = @key AND (sqlc.arg('period')::text = '' OR period = sqlc.arg('period')::text)
ORDER BY period DESC;

-- name: StoryLines :many
SELECT sqlc.embed(r), i.seq, i.key, i.state, i.difference, i.reason_code, i.reason_detail, i.employees, i.elements, i.baseline_version,
       i.ambiguous, i.diff, i.problems, i.findings, i.http_status, i.attempts, i.sent_at, i.answered_at
FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id
WHERE i.target_id = @target_id AND i.key = @key AND (sqlc.arg('period')::text = '' OR i.period = sqlc.arg('period')::text)
ORDER BY r.id, i.seq;

-- name: StoryDecisions :many
SELECT a.id, a.at, a.actor, a.decision, t.dossier, t.environment, t.partner, t.base_url,
       a.job, a.period, a.run_id, a.employees, a.reason, a.detail, a.facts, a.host, a.version, a.config_digest, a.account, a.channel, a.proof
FROM syncd.audit a JOIN syncd.target t ON t.id = a.target_id
WHERE a.target_id = @target_id AND (sqlc.arg('period')::text = '' OR a.period = sqlc.arg('period')::text)
  AND (a.run_id = ANY (@runs::bigint[]) AND a.employees = '{}' OR sqlc.arg('key')::text = ANY (a.employees))
ORDER BY a.id;

-- name: ClosedPeriods :many
SELECT DISTINCT period::text FROM unnest(@periods::text[]) AS period WHERE syncd.is_closed(@target_id, period)
ORDER BY period DESC;

-- name: KeysAlike :many
SELECT b.key FROM syncd.baseline b WHERE b.target_id = @target_id AND b.key = ANY (@keys::text[])
UNION
SELECT i.key FROM syncd.item i WHERE i.target_id = @target_id AND i.key = ANY (@keys::text[])
ORDER BY 1;
