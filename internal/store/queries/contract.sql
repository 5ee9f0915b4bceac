-- name: EnsureAPI :one
INSERT INTO syncd.api (partner, environment, base_url) VALUES (@partner, @environment, @base_url)
ON CONFLICT (partner, environment, base_url) DO UPDATE SET partner = excluded.partner
RETURNING *;

-- name: FindAPI :one
SELECT sqlc.embed(a), coalesce(extract(epoch FROM clock_timestamp() - a.asked_at), -1)::float8 AS age
FROM syncd.api a WHERE partner = @partner AND environment = @environment AND base_url = @base_url;

-- Those of an API, the one in force first, without their texts.
-- name: ListContracts :many
SELECT id, digest, place, first_seen, last_seen FROM syncd.contract WHERE api_id = @api_id ORDER BY last_seen DESC, id DESC;

-- name: ContractText :one
SELECT document FROM syncd.contract WHERE api_id = @api_id AND digest = @digest;

-- name: SeeContract :exec
INSERT INTO syncd.contract (api_id, digest, document, place) VALUES (@api_id, @digest, @document, @place)
ON CONFLICT (api_id, digest) DO UPDATE SET last_seen = clock_timestamp(), place = excluded.place;

-- An API whose document differs at each look must not fill the ledger: the newest stay, the accepted one, and those under
-- which something was planned that may still be sent.
-- name: ForgetContracts :exec
DELETE FROM syncd.contract c USING syncd.api a
WHERE c.api_id = @api_id AND a.id = c.api_id AND c.digest <> a.accepted_digest
  AND c.id NOT IN (SELECT newest.id FROM syncd.contract newest WHERE newest.api_id = c.api_id ORDER BY newest.last_seen DESC, newest.id DESC LIMIT @keep::int)
  AND NOT EXISTS (SELECT FROM syncd.run r WHERE r.contract = c.digest AND r.state NOT IN ('succeeded', 'cancelled')
                  AND r.planned_at > clock_timestamp() - interval '90 days');

-- name: NoteAsked :exec
UPDATE syncd.api SET asked_at = clock_timestamp(), problem = @problem, problem_facts = sqlc.narg('problem_facts'),
    place = CASE WHEN @place::text <> '' THEN @place ELSE place END
WHERE id = @id;

-- Nobody else may have accepted another one meanwhile, and it must still be the one in force. Whoever asks has locked the row
-- in a statement before.
-- name: AcceptContract :execrows
UPDATE syncd.api a SET accepted_digest = @digest, accepted_at = clock_timestamp(), accepted_by = @accepted_by, accepted_reason = @accepted_reason
WHERE a.id = @id AND a.accepted_digest = @before
  AND @digest = (SELECT c.digest FROM syncd.contract c WHERE c.api_id = a.id ORDER BY c.last_seen DESC, c.id DESC LIMIT 1);

-- The contract that the last run of everyone of a target was planned under. Only runs of a month are planned under one.
-- name: LastContract :one
SELECT contract FROM syncd.run
WHERE target_id = @target_id AND period IS NOT NULL AND planned_at IS NOT NULL AND employees = '{}'
ORDER BY id DESC LIMIT 1;

-- Runs that only wait for a contract to be accepted, under which they were planned.
-- name: HeldByContract :many
SELECT r.id, r.job FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE t.partner = @partner AND t.environment = @environment AND t.base_url = @base_url
  AND r.state = 'held' AND r.failure_code = 'guard' AND r.contract = @digest
  AND r.findings::jsonb @> '[{"rule": "contract", "holds": true}]'
  AND NOT EXISTS (SELECT FROM jsonb_array_elements(r.findings::jsonb) f WHERE f ->> 'rule' <> 'contract' AND (f ->> 'holds')::boolean)
  AND NOT syncd.is_closed(r.target_id, r.period)
ORDER BY r.id;

-- Runs that were planned under a contract wait for it no longer once it is accepted.
-- name: NoteAccepted :exec
UPDATE syncd.run r SET findings = (
    SELECT json_agg(CASE WHEN f ->> 'rule' = 'contract' THEN f || '{"rule": "contract-accepted", "holds": false}' ELSE f END ORDER BY n)
    FROM jsonb_array_elements(r.findings::jsonb) WITH ORDINALITY AS e (f, n))
FROM syncd.target t
WHERE t.id = r.target_id AND t.partner = @partner AND t.environment = @environment AND t.base_url = @base_url
  AND r.state = 'held' AND r.contract = @digest AND r.findings::jsonb @> '[{"rule": "contract", "holds": true}]';

-- Those that were planned under another one, or under none, have to be planned afresh.
-- name: OutdateHeld :many
UPDATE syncd.run r SET failure_code = 'contract', failure_detail = '', failure_args = NULL, failure_problems = NULL
FROM syncd.target t
WHERE t.id = r.target_id AND t.partner = @partner AND t.environment = @environment AND t.base_url = @base_url
  AND r.state = 'held' AND r.period IS NOT NULL AND r.failure_code = 'guard' AND r.contract <> @digest
RETURNING r.id;
