-- The runs of a job that wait, or let somebody wait, for a decision longer than that; none while the clock is doubtful.
-- name: LateHolds :many
SELECT id FROM syncd.run
WHERE job = @job AND target_id = ANY (@targets::bigint[]) AND finished_at < clock_timestamp() - make_interval(secs => @seconds::float8)
  AND (state = 'held' OR state IN ('incomplete', 'failed') AND held > 0) AND NOT syncd.clock_is_doubtful()
ORDER BY id;

-- name: HoldIsLate :one
SELECT coalesce(finished_at < clock_timestamp() - make_interval(secs => @seconds::float8)
                AND (state = 'held' OR state IN ('incomplete', 'failed') AND held > 0) AND NOT syncd.clock_is_doubtful(), false)::boolean AS late
FROM syncd.run WHERE id = @id;

-- Of a held run everything that was to be sent, of another one what is held. Whatever is in doubt stays so.
-- name: ExpireItems :many
UPDATE syncd.item SET state = 'superseded', payload = NULL, amounts = NULL, reason_code = 'expired', reason_detail = ''
WHERE run_id = @run_id AND (state = 'held' OR @everything::boolean AND state = 'pending' AND NOT ambiguous)
RETURNING key;
