-- What a plan tells of amounts; a plan that takes the place of another tells anew.
-- name: KeepSums :exec
INSERT INTO syncd.run_sums (run_id, sealed) VALUES (@run_id, @sealed) ON CONFLICT (run_id) DO UPDATE SET sealed = excluded.sealed;

-- name: Sums :one
SELECT sealed FROM syncd.run_sums WHERE run_id = @run_id;

-- name: DropSums :exec
DELETE FROM syncd.run_sums WHERE run_id = @run_id;

-- name: SumsOfRuns :many
SELECT run_id, sealed FROM syncd.run_sums WHERE run_id = ANY (@runs::bigint[]) ORDER BY run_id;

-- name: ResealSums :exec
UPDATE syncd.run_sums s SET sealed = o.sealed
FROM (SELECT unnest(@runs::bigint[]) AS run_id, unnest(@sealed::bytea[]) AS sealed) o WHERE s.run_id = o.run_id;

-- name: SumsOfTarget :many
SELECT s.run_id, r.period, s.sealed FROM syncd.run_sums s JOIN syncd.run r ON r.id = s.run_id WHERE r.target_id = @target_id ORDER BY s.run_id;
