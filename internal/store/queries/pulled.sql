-- What a run that reads records did.

-- name: BeginPull :one
UPDATE syncd.run SET planned_at = NULL, findings = NULL, collections = NULL, dictionaries_digest = '', records_read = 0, records_new = 0,
    records_changed = 0, records_same = 0, records_refused = 0, records_gone = 0, records_foreign = 0, files_missing = 0, unacknowledged = 0,
    unsettled = 0
WHERE id = @id
RETURNING clock_timestamp()::timestamptz AS at;

-- What was refused, or not acknowledged, is judged anew.
-- name: ForgetRefusals :exec
DELETE FROM syncd.run_record WHERE run_id = @run_id AND (difference = '!' OR difference = '=' AND ack IN ('', 'failed'));

-- name: ForgetFailures :exec
UPDATE syncd.run_record SET ack = '', reason_code = '', reason_detail = '' WHERE run_id = @run_id AND ack = 'failed';

-- name: RunRecords :many
SELECT collection, key, difference, reason_code, reason_detail, ack FROM syncd.run_record WHERE run_id = @run_id ORDER BY collection, key;

-- Of several differences the strongest counts.
-- name: NoteRecords :exec
INSERT INTO syncd.run_record AS r (run_id, collection, key, difference, reason_code, reason_detail)
SELECT @run_id, @collection, o.key, o.difference, o.reason_code, o.reason_detail
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@differences::text[]) AS difference, unnest(@reason_codes::text[]) AS reason_code,
             unnest(@reason_details::text[]) AS reason_detail) o
ON CONFLICT (run_id, collection, key) DO UPDATE SET
    difference = CASE WHEN strpos('-=*+!', excluded.difference) > strpos('-=*+!', r.difference) THEN excluded.difference ELSE r.difference END,
    reason_code = coalesce(nullif(excluded.reason_code, ''), r.reason_code),
    reason_detail = CASE WHEN excluded.reason_code = '' THEN r.reason_detail ELSE excluded.reason_detail END;

-- name: NoteAcks :exec
INSERT INTO syncd.run_record AS r (run_id, collection, key, difference, reason_code, reason_detail, ack)
SELECT @run_id, @collection, unnest(@keys::text[]), '=', @reason_code, @reason_detail, @ack
ON CONFLICT (run_id, collection, key) DO UPDATE SET ack = excluded.ack,
    reason_code = CASE WHEN excluded.ack = 'failed' THEN excluded.reason_code ELSE r.reason_code END,
    reason_detail = CASE WHEN excluded.ack = 'failed' THEN excluded.reason_detail ELSE r.reason_detail END;

-- A pull that came to its end, and is not held, counts as planned: to resume it is to record its end.
-- name: ConcludePull :exec
UPDATE syncd.run SET planned_at = CASE WHEN @whole::boolean THEN clock_timestamp() END, findings = @findings, collections = @collections,
    dictionaries_digest = @answer, records_read = @records_read, records_new = @records_new, records_changed = @records_changed,
    records_same = @records_same, records_refused = @records_refused, records_gone = @records_gone, records_foreign = @records_foreign,
    files_missing = @files_missing, unacknowledged = @unacknowledged, unsettled = @unsettled
WHERE id = @id;

-- What a run of the same job and target read since answers for those that are held.
-- name: CancelHeldBefore :exec
UPDATE syncd.run r SET state = 'cancelled' FROM syncd.run later
WHERE later.id = @run_id AND r.target_id = later.target_id AND r.job = later.job AND r.kind = later.kind AND r.state = 'held' AND r.id < later.id;
