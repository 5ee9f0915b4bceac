-- The runs that wait or go on, of the jobs and targets that a daemon is configured for. Those that wait for something
-- that was away come last: whatever hangs must not keep others from their turn.
-- name: ListActive :many
SELECT r.id, r.job, r.target_id, r.state, r.period, r.owner, r.trigger, r.postponed,
       coalesce(extract(epoch FROM r.not_before - clock_timestamp()), 0)::float8 AS wait_seconds,
       (CASE WHEN r.state = 'queued' AND r.trigger IN ('schedule', 'catch-up', 'retry') THEN
            EXISTS (SELECT FROM syncd.pause p WHERE p.job = r.job)
        ELSE EXISTS (SELECT FROM syncd.pause p WHERE p.job = r.job AND p.paused_by = 'syncd') END)::boolean AS paused,
       (CASE WHEN r.state = 'running' THEN
            coalesce((SELECT extract(epoch FROM clock_timestamp() - o.heartbeat_at) FROM syncd.owner o WHERE o.id = r.owner), 1e9)
        ELSE 0 END)::float8 AS silent_seconds,
       (CASE WHEN r.state = 'running' THEN r.owner = ANY (ARRAY(
            SELECT (l.classid::bigint << 32) | l.objid::bigint FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))
        ELSE false END)::boolean AS locked
FROM syncd.run r
WHERE r.state IN ('queued', 'running')
ORDER BY r.state = 'running' DESC, r.postponed > 0, r.takeovers, r.period NULLS FIRST, r.id;

-- Runs that are not over, of none of these jobs and targets.
-- name: ListOutside :many
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.state IN ('queued', 'running', 'held')
  AND (r.job, r.target_id) NOT IN (SELECT unnest(@jobs::text[]), unnest(@targets::bigint[]))
ORDER BY r.id LIMIT @max_rows;

-- name: ListPauses :many
SELECT job, since, paused_by, reason FROM syncd.pause ORDER BY job;

-- name: PauseJob :execrows
INSERT INTO syncd.pause (job, paused_by, reason) VALUES (@job, @paused_by, @reason) ON CONFLICT (job) DO NOTHING;

-- name: UnpauseJob :execrows
DELETE FROM syncd.pause WHERE job = @job;

-- Where no daemon gave a sign of life for so long, the one that comes remembers since when. One that was here all the time could not reach
-- the ledger: that is another matter.
-- name: SeeDaemon :exec
WITH before AS (
    SELECT s.at FROM syncd.daemon_sign s FOR UPDATE
), sign AS (
    INSERT INTO syncd.daemon_sign (at) VALUES (clock_timestamp()) ON CONFLICT (singleton) DO UPDATE SET at = excluded.at
), gap AS (
    INSERT INTO syncd.daemon_gap (since, until)
    SELECT before.at, clock_timestamp() FROM before
    WHERE clock_timestamp() - before.at >= make_interval(secs => @gap_seconds::float8) AND NOT EXISTS (SELECT FROM syncd.daemon d WHERE d.id = @id)
)
INSERT INTO syncd.daemon (id, host, pid, version, jobs) VALUES (@id, @host, @pid, @version, @jobs)
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), jobs = excluded.jobs;

-- name: ForgetDaemons :exec
DELETE FROM syncd.daemon WHERE id = @id OR seen_at < clock_timestamp() - interval '7 days';

-- name: ListDaemons :many
SELECT id, host, pid, version, jobs, started_at, seen_at,
       extract(epoch FROM clock_timestamp() - seen_at)::float8 AS silent_seconds
FROM syncd.daemon ORDER BY started_at, id;
