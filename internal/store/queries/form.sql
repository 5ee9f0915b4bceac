-- name: EnsureForm :exec
INSERT INTO syncd.form (target_id, digest, method, path, key_in, key_name, semantics, scope)
VALUES (@target_id, @digest, @method, @path, @key_in, @key_name, @semantics, @scope)
ON CONFLICT (target_id, digest) DO NOTHING;

-- name: ListForms :many
SELECT id, digest, method, path, key_in, key_name, semantics, scope FROM syncd.form WHERE target_id = @target_id ORDER BY id;

-- The last run of a target to which something was acknowledged, whether or not it has ended.
-- name: LastSender :one
SELECT r.id, r.job, r.mapping_digest, r.form FROM syncd.run r
WHERE r.target_id = @target_id AND r.planned_at IS NOT NULL
  AND (r.accepted > 0 OR EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.state = 'accepted'))
ORDER BY r.id DESC LIMIT 1;
