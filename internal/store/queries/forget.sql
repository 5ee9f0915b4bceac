-- name: DossierTargets :many
SELECT id FROM syncd.target
WHERE partner = @partner AND dossier = @dossier ORDER BY id;

-- What stands against erasing somebody at a target: what is open or in doubt, a departure that nobody settled, and whether the
-- newest that is known is that the employee is there.
-- name: StandsAgainst :one
SELECT (EXISTS (SELECT FROM syncd.item i WHERE i.target_id = @target_id AND i.key = @key)
        OR EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = @target_id AND b.key = @key))::boolean AS known,
       (EXISTS (SELECT FROM syncd.item i WHERE i.target_id = @target_id AND i.key = @key AND (i.open OR i.state = 'unsettled'))
        OR EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = @target_id AND b.key = @key AND b.in_doubt)
        OR EXISTS (SELECT FROM syncd.run r WHERE r.target_id = @target_id AND @key = ANY (r.employees) AND r.state IN ('queued', 'held')))::boolean AS open,
       EXISTS (SELECT FROM syncd.item i WHERE i.target_id = @target_id AND i.key = @key AND i.state = 'departed'
               AND NOT syncd.is_closed(i.target_id, i.period) AND NOT EXISTS (SELECT FROM syncd.baseline b WHERE b.target_id = i.target_id
                   AND b.key = i.key AND b.period = i.period AND b.withdrawn))::boolean AS departed,
       (coalesce((SELECT b.gone_since IS NULL FROM syncd.baseline b WHERE b.target_id = @target_id AND b.key = @key AND b.version > 0
                 ORDER BY b.period DESC LIMIT 1), false)
        OR EXISTS (SELECT FROM syncd.item i WHERE i.target_id = @target_id AND i.key = @key AND i.employees > 0
                  AND i.run_id = (SELECT r.id FROM syncd.run r WHERE r.target_id = @target_id AND r.planned_at IS NOT NULL AND r.employees = '{}'
                                  ORDER BY r.id DESC LIMIT 1)))::boolean AS present;

-- name: RememberForgotten :exec
INSERT INTO syncd.forgotten (target_id, name, period)
SELECT b.target_id, @name, b.period FROM syncd.baseline b
WHERE b.target_id = @target_id AND b.key = @key AND b.version > 0 AND NOT b.withdrawn
ON CONFLICT DO NOTHING;

-- name: EraseBaseline :execrows
DELETE FROM syncd.baseline WHERE target_id = @target_id AND key = @key;

-- name: EraseTraces :exec
DELETE FROM syncd.trace WHERE target_id = @target_id AND key = @key;

-- Lines stay, for sums of runs count them; what they hold of a person goes, the matricule with it.
-- name: EraseItems :execrows
UPDATE syncd.item SET key = @name, diff = NULL, problems = NULL, findings = NULL, reason_detail = '', fingerprint = NULL
WHERE target_id = @target_id AND key = @key AND NOT open;

-- Failures name matricules in quotes, those of failure_problems within texts of JSON.
-- name: EraseFromRuns :exec
UPDATE syncd.run SET employees = array_replace(employees, sqlc.arg('key')::text, sqlc.arg('name')::text),
    failure_detail = replace(failure_detail, sqlc.arg('quoted')::text, '"' || sqlc.arg('name')::text || '"'),
    failure_problems = replace(failure_problems::text, trim('"' FROM to_json(sqlc.arg('quoted')::text)::text) || '"',
                               '\"' || sqlc.arg('name')::text || '\"')::jsonb,
    failure_args = CASE WHEN failure_args -> 'keys' ? sqlc.arg('key')::text
                        THEN jsonb_set(failure_args, '{keys}', (failure_args -> 'keys') - sqlc.arg('key')::text || to_jsonb(sqlc.arg('name')::text))
                        ELSE failure_args END
WHERE target_id = @target_id AND (sqlc.arg('key')::text = ANY (employees) OR strpos(failure_detail, sqlc.arg('quoted')::text) > 0
    OR failure_args -> 'keys' ? sqlc.arg('key')::text);

-- name: RunsNaming :many
SELECT id, findings FROM syncd.run
WHERE target_id = @target_id AND findings IS NOT NULL
  AND jsonb_path_exists(findings::jsonb, '$[*].keys[*] ? (@ == $key)', jsonb_build_object('key', sqlc.arg('key')::text));

-- name: ItemsNaming :many
SELECT run_id, seq, findings FROM syncd.item
WHERE target_id = @target_id AND findings IS NOT NULL
  AND jsonb_path_exists(findings::jsonb, '$[*].keys[*] ? (@ == $key)', jsonb_build_object('key', sqlc.arg('key')::text));

-- Elements without an employee, of which somebody was told as the likely owner.
-- name: StraysNaming :many
SELECT run_id, seq, problems FROM syncd.item
WHERE target_id = @target_id AND problems IS NOT NULL
  AND jsonb_path_exists(problems::jsonb, '$[*] ? (@.code == "missing-employee" || @.code == "bad-key").nearest[*].code ? (@ == $key)',
      jsonb_build_object('key', sqlc.arg('key')::text));

-- name: SetItemProblems :exec
UPDATE syncd.item SET problems = @problems WHERE run_id = @run_id AND seq = @seq;

-- name: SetRunFindings :exec
UPDATE syncd.run SET findings = @findings WHERE id = @id;

-- name: SetItemFindings :exec
UPDATE syncd.item SET findings = @findings WHERE run_id = @run_id AND seq = @seq;

-- name: AuditNaming :one
SELECT count(*) FROM syncd.audit WHERE target_id = @target_id AND sqlc.arg('key')::text = ANY (employees);
