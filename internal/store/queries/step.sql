-- One step of pushing, in one statement: it locks the run at our epoch, records the outcomes that wait, moves the
-- baseline, clears payloads, marks the next items as sending and returns them. All parts see the tables as they were
-- when the statement began, which is how the payload of a finished item reaches the baseline.
-- No row at all means that the run is no longer ours; then nothing was written.
-- name: PushStep :many
WITH fence AS MATERIALIZED (
    SELECT id, target_id, period, epoch, key_id, syncd.is_closed(target_id, period) AS closed,
           (SELECT m.id FROM syncd.form m WHERE m.target_id = run.target_id AND m.digest = run.form) AS form_id,
           coalesce((SELECT extract(epoch FROM min(c.open_until) - clock_timestamp())
                     FROM syncd.closed_period c JOIN syncd.target o ON o.id = c.target_id JOIN syncd.target t ON t.id = run.target_id
                     WHERE c.period = run.period AND syncd.are_kin(t, o)), 0)::float8 AS open_seconds -- of a reopened period
    FROM syncd.run
    WHERE run.id = @run_id AND run.epoch = @epoch AND run.state = 'running'
    FOR SHARE
), outcome AS (
    SELECT unnest(@seqs::integer[]) AS seq, unnest(@states::text[]) AS state, unnest(@certains::boolean[]) AS certain,
           unnest(@deferreds::boolean[]) AS deferred, unnest(@reason_codes::text[]) AS reason_code,
           unnest(@reason_details::text[]) AS reason_detail, unnest(@http_statuses::integer[]) AS http_status,
           unnest(@attempt_counts::integer[]) AS attempts, unnest(@answered_ats::timestamptz[]) AS answered_at
), recorded AS (
    UPDATE syncd.item i
    SET state = o.state, payload = CASE WHEN o.state IN ('pending', 'uncertain', 'held') THEN i.payload END,
        amounts = CASE WHEN o.state IN ('pending', 'uncertain', 'held') THEN i.amounts END,
        ambiguous = i.ambiguous OR NOT o.certain, deferred_epoch = CASE WHEN o.deferred THEN f.epoch END,
        reason_code = o.reason_code, reason_detail = o.reason_detail, http_status = o.http_status,
        attempts = i.attempts + o.attempts, answered_at = o.answered_at,
        sent_at = CASE WHEN i.attempts + o.attempts > 0 THEN i.sent_at END -- else it was given back
    FROM outcome o, fence f
    WHERE i.run_id = f.id AND i.seq = o.seq AND i.state = 'sending'
    RETURNING i.seq, i.target_id, i.key, i.period, f.id AS run_id, f.key_id, f.form_id, o.state, o.certain
), acknowledged AS (
    UPDATE syncd.baseline b
    SET version = b.version + 1, in_doubt = false, doubt_since = NULL, departure_noted = false, withdrawn = false, gone_since = NULL, removed = false,
        fingerprint = i.fingerprint, document = i.payload, amounts = i.amounts, key_id = r.key_id, run_id = r.run_id, seq = r.seq,
        form_id = r.form_id, acknowledged_at = clock_timestamp()
    FROM recorded r, syncd.item i
    WHERE r.state = 'accepted' AND i.run_id = r.run_id AND i.seq = r.seq
      AND b.target_id = r.target_id AND b.key = r.key AND b.period = r.period
    RETURNING 1
), answered AS (
    INSERT INTO syncd.answered AS a (target_id, service, settings)
    SELECT f.target_id, 'document', sqlc.narg('settings')::bytea FROM fence f
    WHERE sqlc.narg('settings')::bytea IS NOT NULL AND EXISTS (SELECT FROM recorded WHERE state = 'accepted')
    ON CONFLICT (target_id, service) DO UPDATE SET settings = excluded.settings, answered_at = clock_timestamp()
    WHERE a.settings <> excluded.settings
), cleared AS (
    UPDATE syncd.baseline b SET in_doubt = false, doubt_since = NULL
    FROM recorded r
    WHERE r.state <> 'accepted' AND r.certain AND (b.version > 0 OR b.withdrawn)
      AND b.target_id = r.target_id AND b.key = r.key AND b.period = r.period
), forgotten AS (
    DELETE FROM syncd.baseline b USING recorded r
    WHERE r.state <> 'accepted' AND r.certain AND b.version = 0 AND NOT b.withdrawn
      AND b.target_id = r.target_id AND b.key = r.key AND b.period = r.period
), still_doubted AS (
    -- The last attempt may have left long after the item was taken: whoever sends this key next waits from now on.
    UPDATE syncd.baseline b SET doubt_since = clock_timestamp()
    FROM recorded r
    WHERE r.state <> 'accepted' AND NOT r.certain AND b.in_doubt
      AND b.target_id = r.target_id AND b.key = r.key AND b.period = r.period
), candidate AS (
    SELECT i.seq, i.target_id, i.key, i.period, i.baseline_version, i.ambiguous, i.payload
    FROM syncd.item i
    WHERE i.run_id = (SELECT id FROM fence WHERE NOT closed) AND i.seq > @after AND i.state = 'pending'
      AND (i.attempts > 0) = @tried::boolean
      AND (i.not_before IS NULL OR i.not_before <= now()) AND i.deferred_epoch IS DISTINCT FROM (SELECT epoch FROM fence)
    ORDER BY i.seq LIMIT @take
), doubted_new AS (
    INSERT INTO syncd.baseline AS b (target_id, key, period, version, in_doubt, doubt_since)
    SELECT c.target_id, c.key, c.period, 0, true, clock_timestamp()
    FROM candidate c WHERE c.baseline_version = 0
    ON CONFLICT (target_id, key, period) DO UPDATE SET in_doubt = true, doubt_since = clock_timestamp()
    WHERE b.version = 0
    RETURNING b.key
), doubted AS (
    UPDATE syncd.baseline b SET in_doubt = true, doubt_since = clock_timestamp()
    FROM candidate c
    WHERE c.baseline_version > 0 AND b.version = c.baseline_version
      AND b.target_id = c.target_id AND b.key = c.key AND b.period = c.period
    RETURNING b.key
), marked AS (
    SELECT key FROM doubted_new UNION ALL SELECT key FROM doubted
), taken AS (
    UPDATE syncd.item i
    SET state = CASE WHEN m.key IS NULL THEN 'superseded' ELSE 'sending' END,
        payload = CASE WHEN m.key IS NULL THEN NULL ELSE i.payload END,
        amounts = CASE WHEN m.key IS NULL THEN NULL ELSE i.amounts END,
        reason_code = CASE WHEN m.key IS NULL THEN 'moved' ELSE i.reason_code END,
        sent_at = CASE WHEN m.key IS NULL THEN i.sent_at ELSE clock_timestamp() END
    FROM fence f, candidate c LEFT JOIN marked m ON m.key = c.key
    WHERE i.run_id = f.id AND i.seq = c.seq
    RETURNING i.seq, i.key, i.state, i.ambiguous, i.payload, i.baseline_version, i.fingerprint
)
SELECT (SELECT count(*) FROM recorded)::integer AS recorded,
       (SELECT count(*) FROM recorded WHERE state = 'accepted')::integer - (SELECT count(*) FROM acknowledged)::integer AS lost,
       f.closed, f.open_seconds,
       c.seq, c.key, c.state, c.ambiguous, c.payload, c.baseline_version, c.fingerprint
FROM fence f LEFT JOIN taken c ON true
ORDER BY c.seq;
