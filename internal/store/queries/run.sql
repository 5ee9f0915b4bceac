-- name: GetRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.id = @id;

-- name: LockRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.id = @id FOR NO KEY UPDATE OF r;

-- name: RunningRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.state = 'running'
FOR NO KEY UPDATE OF r;

-- The same without a lock: its owner may be frozen, and hold it.
-- name: PeekRunning :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.state = 'running';

-- The oldest earlier period of a target in which something may still be sent. What is only in doubt, held for a person, or
-- was cancelled, is for a person, and who was tried without success may never go: that stops a person who names no period
-- (doubt_blocks), and no schedule: neither where the run came to its end, nor where so many of them in a row stopped it that
-- delivers all others.
-- name: UnfinishedBefore :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period < @period
  AND (r.state IN ('queued', 'running', 'held')
       OR r.state = 'failed' AND r.planned_at IS NULL AND r.employees = '{}'
          AND NOT EXISTS (SELECT FROM syncd.run later WHERE later.target_id = r.target_id AND later.period = r.period AND later.id > r.id
                          AND later.planned_at IS NOT NULL AND later.employees = '{}')
       OR EXISTS (SELECT FROM syncd.item i WHERE i.target_id = r.target_id AND i.period = r.period AND i.run_id = r.id AND i.open
                  AND (@doubt_blocks::boolean OR i.state NOT IN ('uncertain', 'held')
                       AND NOT (i.state = 'pending' AND i.attempts > 0
                                AND (r.state = 'incomplete'
                                     OR r.state = 'failed' AND r.accepted + r.unchanged > 0
                                        AND r.failure_code IN ('unusual', 'failures', 'unreachable', 'slow'))))))
  AND NOT syncd.is_closed(r.target_id, r.period)
ORDER BY r.period, r.id DESC LIMIT 1;

-- name: InsertRun :one
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, owner, host, pid, employees, requested_by, version,
                       key_id, config_digest, any_order, failed_of, verify, overwrite, resend, started_by, started_at)
VALUES (@target_id, @job, @kind, sqlc.narg('period'), @trigger, 'running', @owner, @host, @pid, @employees, @requested_by, @version,
        @key_id, @config_digest, @any_order, sqlc.narg('failed_of'), @verify, @overwrite, @resend, @started_by, clock_timestamp())
RETURNING id;

-- name: InsertQueuedRun :one
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, employees, requested_by, version, key_id, config_digest,
                       any_order, nominal_at, failed_of, verify, overwrite, resend, previewed_digest, started_by, unattended)
VALUES (@target_id, @job, @kind, sqlc.narg('period'), @trigger, 'queued', @employees, @requested_by, @version, @key_id, @config_digest,
        @any_order, sqlc.narg('nominal_at'), sqlc.narg('failed_of'), @verify, @overwrite, @resend, @previewed_digest, @started_by, true)
RETURNING id;

-- A run of everyone that is queued, and has not yet read staging: a second one of the same job, target and period has
-- nothing to add.
-- name: WaitingRun :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.job = @job AND r.target_id = @target_id AND r.period IS NOT DISTINCT FROM sqlc.narg('period') AND r.employees = '{}'
  AND r.state = 'queued' AND (@planned::boolean OR r.planned_at IS NULL)
ORDER BY r.id LIMIT 1;

-- A trigger is that of a person, who has looked: processes that died before count no more.
-- name: ClaimRun :exec
UPDATE syncd.run SET state = 'running', trigger = coalesce(sqlc.narg('trigger'), trigger), epoch = epoch + 1, owner = @owner, host = @host, pid = @pid, version = @version,
    config_digest = CASE WHEN planned_at IS NULL THEN @config_digest ELSE config_digest END,
    failure_code = '', failure_detail = '', failure_args = NULL, failure_problems = NULL, started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL,
    not_before = NULL, takeovers = CASE WHEN sqlc.narg('trigger') IS NULL THEN takeovers + @takeovers ELSE 0 END
WHERE id = @id;

-- A run that waits for something that is away goes back to the queue, unless its deadline comes first (no row). It waits for
-- as long as the partner asks, but tries once more at its deadline.
-- name: PostponeRun :execrows
UPDATE syncd.run SET state = 'queued', owner = NULL, postponed = postponed + 1, takeovers = 0,
    not_before = least(clock_timestamp() + make_interval(secs => greatest(@pause_seconds::float8, @asked_seconds::float8)),
                       coalesce(deadline_at, clock_timestamp() + make_interval(secs => @deadline_seconds::float8))),
    deadline_at = coalesce(deadline_at, clock_timestamp() + make_interval(secs => @deadline_seconds::float8)),
    failure_code = @failure_code, failure_detail = @failure_detail, failure_args = @failure_args, failure_problems = @failure_problems
WHERE id = @id AND epoch = @epoch AND state = 'running'
  AND clock_timestamp() + make_interval(secs => @pause_seconds::float8)
      <= coalesce(deadline_at, clock_timestamp() + make_interval(secs => @deadline_seconds::float8));

-- A run whose process stops goes back to the queue, to be claimed at once, or when the partner wants to be called again.
-- name: HandBackRun :execrows
UPDATE syncd.run SET state = 'queued', owner = NULL, takeovers = 0,
    not_before = CASE WHEN @asked_seconds::float8 > 0 THEN clock_timestamp() + make_interval(secs => @asked_seconds) END, failure_code = '', failure_detail = '', failure_args = NULL, failure_problems = NULL
WHERE id = @id AND epoch = @epoch AND state = 'running';

-- name: RequeueRun :exec
UPDATE syncd.run SET state = 'queued', trigger = 'resume', unattended = true, finished_at = NULL, not_before = NULL, deadline_at = NULL, postponed = 0, takeovers = 0
WHERE id = @id;

-- name: RequestCancel :exec
UPDATE syncd.run SET cancelling = true, cancelled_by = @cancelled_by, cancelled_reason = @cancelled_reason
WHERE id = @id AND NOT cancelling;

-- Runs left to a daemon that failed for something that may have passed, or that left somebody in doubt or not attempted, and are the
-- last of their job, target and period, are queued again. Their deadline stays: once it is over each goes a single time.
-- name: RetryFailed :many
UPDATE syncd.run r SET state = 'queued', trigger = 'retry', finished_at = NULL, not_before = NULL
WHERE r.state IN ('failed', 'incomplete') AND NOT r.cancelling AND r.unattended
  AND coalesce(r.nominal_at, r.created_at) > statement_timestamp() - make_interval(secs => @within_seconds::float8)
  AND (r.job, r.target_id) IN (SELECT unnest(@jobs::text[]), unnest(@targets::bigint[]))
  AND (r.state = 'failed' AND r.failure_code = ANY (@codes::text[])
       OR r.state = 'incomplete' AND EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.state = 'pending'))
  AND NOT EXISTS (SELECT FROM syncd.run later WHERE later.target_id = r.target_id AND later.job = r.job AND later.employees = '{}'
                  AND later.period IS NOT DISTINCT FROM r.period AND later.id > r.id)
  AND NOT EXISTS (SELECT FROM syncd.pause p WHERE p.job = r.job)
  AND (r.period IS NULL OR NOT syncd.is_closed(r.target_id, r.period))
RETURNING r.id;

-- Fence: no row means that the run is no longer ours.
-- name: FenceRun :one
SELECT id FROM syncd.run WHERE id = @id AND epoch = @epoch AND state = 'running' FOR SHARE;

-- name: AddStarters :exec
UPDATE syncd.run SET started_by = ARRAY(SELECT DISTINCT unnest(started_by || @starters::text[]) ORDER BY 1) WHERE id = @id;

-- name: PlanRun :execrows
UPDATE syncd.run SET planned_at = clock_timestamp(), takeovers = 0, deadline_at = NULL,
    employees_read = @employees_read, elements_read = @elements_read, unchanged = @unchanged,
    elements_unchanged = @elements_unchanged, created = @created, updated = @updated, repeated = @repeated,
    mapping_digest = @mapping_digest, dictionaries_digest = @dictionaries_digest, plan_digest = @plan_digest,
    contract = @contract, form = @form, findings = @findings, figures = @figures, incarnation = @incarnation, second_person = @second_person, release = sqlc.narg('release')
WHERE id = @id AND epoch = @epoch AND state = 'running';

-- name: EndRun :execrows
UPDATE syncd.run SET state = @state, owner = NULL, finished_at = coalesce(sqlc.narg('finished_at'), clock_timestamp()),
    failure_code = @failure_code, failure_detail = @failure_detail, failure_args = @failure_args, failure_problems = @failure_problems,
    accepted = @accepted, rejected = @rejected, blocked = @blocked, held = @held, uncertain = @uncertain,
    superseded = @superseded, not_attempted = @not_attempted, elements_in_documents = @elements_in_documents,
    elements_blocked = @elements_blocked, departed = @departed, "left" = @left_between
WHERE id = @id AND epoch = @epoch AND state = @from_state;

-- name: SetFindings :exec
UPDATE syncd.run SET findings = @findings WHERE id = @id;

-- name: ApproveRun :exec
UPDATE syncd.run SET state = 'queued', trigger = 'resume', unattended = true, finished_at = NULL, not_before = NULL, deadline_at = NULL,
    postponed = 0, takeovers = 0, failure_code = '', failure_detail = '', failure_args = NULL, failure_problems = NULL, approved_by = @approved_by, approved_reason = @approved_reason,
    approved_digest = @approved_digest, release = sqlc.narg('release'), approval = sqlc.narg('approval')
WHERE id = @id AND state = 'held';

-- Held employees of a run, all or some.
-- name: HeldItems :many
SELECT seq, key, baseline_version, payload FROM syncd.item
WHERE run_id = @run_id AND state = 'held' AND (sqlc.narg('keys')::text[] IS NULL OR key = ANY (sqlc.narg('keys')::text[]))
ORDER BY key FOR NO KEY UPDATE;

-- name: OpenItems :one
SELECT count(*) FROM syncd.item WHERE run_id = @run_id AND open;

-- A person lets them go: what was sealed as held is sealed as what may leave.
-- name: ReleaseItems :exec
UPDATE syncd.item i SET state = 'pending', payload = o.payload
FROM (SELECT unnest(@seqs::integer[]) AS seq, unnest(@payloads::bytea[]) AS payload) o
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[]) AND i.seq = o.seq AND i.state = 'held';

-- Held runs of everyone that a newer plan of the same job, target and period takes the place of.
-- name: ReplacedRuns :many
SELECT r.id FROM syncd.run r
WHERE r.target_id = @target_id AND r.period = @period AND r.job = @job AND r.state = 'held' AND r.id < @run_id
  AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.open)
ORDER BY r.id;

-- An applied pull answers what others of its kind and target were held for.
-- name: CancelHeldPulls :exec
UPDATE syncd.run r SET state = 'cancelled' FROM syncd.run applied
WHERE applied.id = @run_id AND r.target_id = applied.target_id AND r.kind = applied.kind AND r.state = 'held' AND r.id <> applied.id;

-- A pull that is applied counts as planned: to resume it is to record its end.
-- name: SetPulled :exec
UPDATE syncd.run SET dictionaries_digest = @dictionaries_digest,
    planned_at = CASE WHEN @applied::boolean THEN clock_timestamp() END, findings = @findings
WHERE id = @id;

-- The run that last asked each partner of something that it answered, or not (away): one that failed at something else tells nothing of it.
-- name: LastReached :many
SELECT sqlc.embed(r), sqlc.embed(t)
FROM (SELECT DISTINCT partner, environment FROM syncd.target) p
CROSS JOIN LATERAL (
    SELECT e.id FROM syncd.run e JOIN syncd.target o ON o.id = e.target_id AND o.partner = p.partner AND o.environment = p.environment
    WHERE e.finished_at IS NOT NULL AND (e.state IN ('succeeded', 'incomplete') OR e.failure_code = ANY (@away::text[]))
    ORDER BY e.finished_at DESC LIMIT 1) l
JOIN syncd.run r ON r.id = l.id JOIN syncd.target t ON t.id = r.target_id;

-- name: ListRuns :many
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE (@job::text = '' OR r.job = @job)
  AND (sqlc.narg('dossiers')::text[] IS NULL OR t.dossier = ANY (sqlc.narg('dossiers')::text[])
       OR t.dossier <> ALL (@known::text[]) AND coalesce(t.identity, t.siret) = ANY (@sirets::text[]))
  AND (@before::bigint = 0 OR r.id < @before)
  AND (@period::text = '' OR r.period = @period) AND (@state::text = '' OR r.state = @state)
  AND (NOT @months::boolean OR r.period IS NOT NULL OR r.state NOT IN ('succeeded', 'cancelled')
       AND NOT EXISTS (SELECT FROM syncd.run n WHERE n.target_id = r.target_id AND n.job = r.job AND n.id > r.id))
ORDER BY r.id DESC LIMIT @max_rows;
