-- name: InsertItems :copyfrom
INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version,
                        ambiguous, reason_code, reason_detail, fingerprint, diff, problems, findings, payload, amounts)
VALUES (@run_id, @seq, @target_id, @period, @key, @state, @difference, @employees, @elements, @baseline_version,
        @ambiguous, @reason_code, @reason_detail, @fingerprint, @diff, @problems, @findings, @payload, @amounts);

-- What older runs left open for the same target and period gives way to a new plan; with keep_doubts, for an API that
-- adds, what may have been received stays open until somebody knows. Returns the runs concerned.
-- name: SupersedeItems :many
WITH superseded AS (
    UPDATE syncd.item i
    SET state = CASE WHEN @keep_doubts::boolean AND (i.ambiguous OR i.state = 'sending') THEN 'uncertain' ELSE 'superseded' END,
        ambiguous = i.ambiguous OR @keep_doubts::boolean AND i.state = 'sending',
        payload = CASE WHEN @keep_doubts::boolean AND (i.ambiguous OR i.state = 'sending') THEN i.payload END,
        amounts = CASE WHEN @keep_doubts::boolean AND (i.ambiguous OR i.state = 'sending') THEN i.amounts END,
        reason_code = CASE WHEN @keep_doubts::boolean AND (i.ambiguous OR i.state = 'sending') THEN 'no-answer' ELSE 'replanned' END,
        reason_detail = CASE WHEN @keep_doubts::boolean AND (i.ambiguous OR i.state = 'sending') THEN i.reason_detail ELSE @run_id::bigint::text END
    WHERE i.target_id = @target_id AND i.period = @period AND i.open AND i.run_id <> @run_id
      AND (sqlc.narg('keys')::text[] IS NULL OR i.key = ANY (sqlc.narg('keys')::text[]))
      AND NOT (@keep_doubts::boolean AND i.state = 'uncertain') -- it stays so
    RETURNING i.run_id
)
SELECT DISTINCT run_id FROM superseded ORDER BY run_id;

-- Who waits for whom: the items in doubt of older runs, by matricule.
-- name: DoubtfulItems :many
SELECT key, run_id FROM syncd.item WHERE target_id = @target_id AND period = @period AND open AND run_id <> @run_id;

-- What was planned to be sent, of those who turn out to be held.
-- name: ItemsToHold :many
SELECT seq, key, baseline_version, payload FROM syncd.item
WHERE run_id = @run_id AND seq = ANY (@seqs::integer[]) AND state = 'pending'
ORDER BY seq;

-- Many items are changed by lists of some hundred (see holdAtOnce): without statistics, in a ledger that has just been made,
-- Postgres may look through the list for each item. Naming the items twice keeps it from doing so for all of the run.
-- name: SealItems :exec
UPDATE syncd.item i SET payload = o.payload
FROM (SELECT unnest(@seqs::integer[]) AS seq, unnest(@payloads::bytea[]) AS payload) o
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[]) AND i.seq = o.seq;

-- What is seen only once everyone has been read.
-- name: HoldItems :exec
UPDATE syncd.item i SET state = 'held', findings = (coalesce(i.findings::jsonb, '[]'::jsonb) || h.findings)::json
FROM (SELECT seq, jsonb_agg(finding) AS findings
      FROM (SELECT unnest(@seqs::integer[]) AS seq, unnest(@findings::text[])::jsonb AS finding) AS one GROUP BY seq) AS h
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[]) AND i.seq = h.seq AND i.state IN ('pending', 'held');

-- name: TallyItems :many
SELECT CASE WHEN state = 'pending' AND ambiguous THEN 'uncertain' ELSE state END::text AS outcome,
       sum(employees)::bigint AS employees, sum(elements)::bigint AS elements, count(*) AS items
FROM syncd.item WHERE run_id = @run_id GROUP BY 1;

-- Whom the API only accepted for processing, the first of them, and how many they are.
-- name: TakenKeys :many
SELECT key, (count(*) OVER ())::integer AS employees FROM syncd.item
WHERE run_id = @run_id AND state = 'accepted' AND reason_code = 'taken' ORDER BY seq LIMIT @max_rows;

-- name: RemainingItems :one
SELECT count(*) FROM syncd.item WHERE run_id = @run_id AND state = 'pending';

-- Those of them that may go within minutes. Who was turned away is asked for again as rarely as a run that failed: what
-- stands before an API may shut out whoever insists.
-- name: PassingItems :one
SELECT count(*) FROM syncd.item WHERE run_id = @run_id AND state = 'pending' AND reason_code <> 'turned-away';

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
    reason_code = CASE WHEN @resend THEN reason_code ELSE 'no-answer' END
WHERE run_id = @run_id AND (state = 'sending' OR state = 'pending' AND ambiguous AND NOT @resend);

-- Nobody's document is sent for ever: after so many attempts without a definite answer a person must look.
-- name: GiveUpItems :exec
UPDATE syncd.item SET state = 'uncertain'
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
       (CASE WHEN i.findings::jsonb @> '[{"rule": "amount", "shown": true}]' THEN i.amounts END)::bytea AS amounts,
       i.problems, i.findings, i.http_status, i.attempts, i.sent_at, i.answered_at
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

-- Someone who left between periods is told once, and a guard counts whoever departed once.
-- name: NoteDepartures :exec
UPDATE syncd.baseline b SET departure_noted = true, gone_since = coalesce(b.gone_since, clock_timestamp())
FROM syncd.item i
WHERE i.run_id = @run_id AND b.target_id = i.target_id AND b.key = i.key
  AND (i.state = 'left' AND b.period < i.period OR i.state = 'departed' AND b.period = i.period);

-- Who is there again can depart again.
-- name: ForgetDepartures :exec
UPDATE syncd.baseline b SET departure_noted = false, gone_since = CASE WHEN b.withdrawn THEN b.gone_since END
WHERE b.target_id = @target_id AND b.period = @period AND b.departure_noted
  AND NOT EXISTS (SELECT FROM syncd.item i WHERE i.run_id = @run_id AND i.key = b.key AND i.state = 'departed');

-- What a cancelled run did not send is given up, or what it holds of some employees; what is in doubt stays so, for a newer run or a
-- person.
-- name: CancelItems :exec
UPDATE syncd.item
SET state = CASE WHEN ambiguous OR state = 'sending' THEN 'uncertain' ELSE 'superseded' END,
    reason_code = CASE WHEN ambiguous OR state = 'sending' THEN 'no-answer' WHEN sqlc.narg('held')::text[] IS NULL THEN 'cancelled' ELSE 'set-aside' END,
    payload = CASE WHEN ambiguous OR state = 'sending' THEN payload END,
    amounts = CASE WHEN ambiguous OR state = 'sending' THEN amounts END
WHERE run_id = @run_id AND state IN ('pending', 'sending', 'held')
  AND (sqlc.narg('held')::text[] IS NULL OR state = 'held' AND key = ANY (sqlc.narg('held')::text[]));

-- Whom a run read and did not deliver.
-- name: UndeliveredKeys :many
SELECT DISTINCT key FROM syncd.item
WHERE run_id = @run_id AND employees > 0 AND key <> ''
  AND state IN ('pending', 'sending', 'rejected', 'blocked', 'held', 'uncertain', 'unsettled', 'superseded')
ORDER BY key;

-- The documents that a run judged, and did not deliver.
-- name: TriedDocuments :many
SELECT key, fingerprint FROM syncd.item
WHERE run_id = @run_id AND fingerprint IS NOT NULL AND state IN ('pending', 'rejected', 'held', 'uncertain', 'superseded');
