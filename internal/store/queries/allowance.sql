-- name: ShareAllowance :one
SELECT s.held::integer AS held, s.fair::integer AS fair
FROM syncd.share_allowance(@api::text, @holder::bigint, @uses::integer, @most::integer, @lease_seconds::float8, @turn_seconds::float8) s;

-- name: LeaveAllowance :exec
DELETE FROM syncd.allowance WHERE api = @api AND holder = @holder;
