-- name: InsertItems :copyfrom
INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version,
                        ambiguous, reason_code, fingerprint, diff, problems, payload)
VALUES (@run_id, @seq, @target_id, @period, @key, @state, @difference, @employees, @elements, @baseline_version,
        @ambiguous, @reason_code, @fingerprint, @diff, @problems, @payload);

-- What older runs left open for the same target and period gives way to a new plan. Returns the runs concerned.
-- name: SupersedeItems :many
WITH superseded AS (
    UPDATE syncd.item SET state = 'superseded', payload = NULL, reason_code = 'replanned', reason_detail = @run_id::bigint::text
    WHERE target_id = @target_id AND period = @period AND open AND run_id <> @run_id
      AND (sqlc.narg('keys')::text[] IS NULL OR key = ANY (sqlc.narg('keys')::text[]))
    RETURNING run_id
)
SELECT DISTINCT run_id FROM superseded;

-- name: TallyItems :many
SELECT CASE WHEN state = 'pending' AND ambiguous THEN 'uncertain' ELSE state END::text AS outcome,
       sum(employees)::bigint AS employees, sum(elements)::bigint AS elements, count(*) AS items
FROM syncd.item WHERE run_id = @run_id GROUP BY 1;

-- name: RemainingItems :one
SELECT count(*) FROM syncd.item WHERE run_id = @run_id AND state = 'pending';

-- The execution that sent these items is over, now at the latest: whoever sends their keys next waits from now on.
-- name: EndSending :exec
UPDATE syncd.baseline b SET doubt_since = clock_timestamp()
FROM syncd.item i
WHERE i.run_id = @run_id AND i.state = 'sending' AND b.in_doubt
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period;

-- Items that had left when their run was interrupted are in doubt. Where sending again may pay twice they wait for a
-- person, like those that were in doubt already, for what the API does may have become known since. Else they are sent
-- again.
-- name: ReopenSending :exec
UPDATE syncd.item
SET state = CASE WHEN @resend::boolean THEN 'pending' ELSE 'uncertain' END, ambiguous = true,
    payload = CASE WHEN @resend THEN payload END,
    reason_code = CASE WHEN @resend THEN reason_code ELSE 'no-answer' END
WHERE run_id = @run_id AND (state = 'sending' OR state = 'pending' AND ambiguous AND NOT @resend);

-- Nobody's document is sent for ever: after so many attempts without a definite answer a person must look.
-- name: GiveUpItems :exec
UPDATE syncd.item SET state = 'uncertain', payload = NULL
WHERE run_id = @run_id AND state = 'pending' AND ambiguous AND attempts >= @most_attempts;

-- name: NextPending :one
SELECT coalesce(extract(epoch FROM min(coalesce(not_before, now())) - now()), 0)::float8 AS seconds, count(*) AS items
FROM syncd.item
WHERE run_id = @run_id AND state = 'pending' AND deferred_epoch IS DISTINCT FROM @epoch::integer;

-- The document of a new employee is its diff: it is sealed, with the item until the API answered, and in the baseline
-- until a later run replaces it.
-- name: ListItems :many
SELECT i.seq, i.target_id, i.period, i.key, i.state, i.difference, i.reason_code, i.reason_detail, i.employees, i.elements,
       i.baseline_version, i.ambiguous, (CASE WHEN @with_diffs::boolean THEN i.diff END)::json AS diff,
       (CASE WHEN @with_diffs AND i.difference = '+' THEN coalesce(i.payload, b.document) END)::bytea AS new_document,
       i.problems, i.http_status, i.attempts, i.sent_at, i.answered_at
FROM syncd.item i
LEFT JOIN syncd.baseline b ON b.target_id = i.target_id AND b.key = i.key AND b.period = i.period
     AND b.run_id = i.run_id AND b.version = i.baseline_version + 1
WHERE i.run_id = @run_id AND i.seq > @after AND (sqlc.narg('keys')::text[] IS NULL OR i.key = ANY (sqlc.narg('keys')::text[]))
ORDER BY i.seq LIMIT @max_rows;

-- What a plan found in doubt waits until the request that left is certainly over.
-- name: DelayDoubtful :exec
UPDATE syncd.item i SET not_before = b.doubt_since + make_interval(secs => @timeout_seconds::float8)
FROM syncd.baseline b
WHERE i.run_id = @run_id AND i.ambiguous AND i.state = 'pending'
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period;

-- Someone who left between periods is told once.
-- name: NoteDepartures :exec
UPDATE syncd.baseline b SET departure_noted = true
FROM syncd.item i
WHERE i.run_id = @run_id AND i.state = 'left' AND b.target_id = i.target_id AND b.key = i.key AND b.period < i.period;

-- What a cancelled run did not send is given up; what is in doubt stays so, for a newer run or a person.
-- name: CancelItems :exec
UPDATE syncd.item
SET state = CASE WHEN ambiguous OR state = 'sending' THEN 'uncertain' ELSE 'superseded' END,
    reason_code = CASE WHEN ambiguous OR state = 'sending' THEN 'no-answer' ELSE 'cancelled' END, payload = NULL
WHERE run_id = @run_id AND state IN ('pending', 'sending', 'held');
