-- The lines of some employees in a run, with what is known of them. What waits to be sent again without being known to have
-- arrived is uncertain, too. wait_seconds: how long a request may still be on its way.
-- name: SettleLines :many
SELECT i.seq, i.key, (CASE WHEN i.state = 'pending' AND i.ambiguous THEN 'uncertain' ELSE i.state END)::text AS state,
       (i.sent_at IS NOT NULL)::boolean AS sent, i.baseline_version, i.reason_code, b.version, b.in_doubt,
       coalesce(extract(epoch FROM b.doubt_since + make_interval(secs => @timeout_seconds::float8) - clock_timestamp()), 0)::float8 AS wait_seconds
FROM syncd.item i
LEFT JOIN syncd.baseline b ON b.target_id = i.target_id AND b.key = i.key AND b.period = i.period
WHERE i.run_id = @run_id AND i.key = ANY (@keys::text[])
ORDER BY i.state = 'blocked', i.seq;

-- name: SettledBy :one
SELECT actor, at FROM syncd.audit
WHERE decision = 'settle' AND target_id = @target_id AND period = @period AND sqlc.arg('key')::text = ANY (employees)
ORDER BY id DESC LIMIT 1;

-- What a person found at the other side is what it acknowledged.
-- name: AcknowledgeItems :execrows
UPDATE syncd.baseline b
SET version = b.version + 1, in_doubt = false, doubt_since = NULL, departure_noted = false, withdrawn = false, gone_since = NULL, removed = false, fingerprint = i.fingerprint,
    document = i.payload, amounts = i.amounts, key_id = r.key_id, run_id = r.id, seq = i.seq, acknowledged_at = clock_timestamp(),
    form_id = (SELECT m.id FROM syncd.form m WHERE m.target_id = r.target_id AND m.digest = r.form)
FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[])
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period AND b.in_doubt AND b.version = i.baseline_version;

-- name: AcceptItems :exec
UPDATE syncd.item SET state = 'accepted', payload = NULL, amounts = NULL, reason_code = @reason_code, reason_detail = ''
WHERE run_id = @run_id AND seq = ANY (@seqs::integer[]);

-- name: ForgetDoubts :execrows
DELETE FROM syncd.baseline b USING syncd.item i
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[]) AND i.baseline_version = 0
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period AND b.in_doubt AND b.version = 0 AND NOT b.withdrawn;

-- name: ClearDoubts :execrows
UPDATE syncd.baseline b SET in_doubt = false, doubt_since = NULL
FROM syncd.item i
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[]) AND (i.baseline_version > 0 OR b.withdrawn)
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period AND b.in_doubt AND b.version = i.baseline_version;

-- What did not arrive is sent again by its run, unless that was cancelled, or a later plan knows more: then the next plan
-- sends it.
-- name: UnsettleItems :many
WITH unsettled AS (
    SELECT i.seq, @resend::boolean AND (i.sent_at IS NOT NULL OR i.state = 'pending') AND NOT EXISTS (
        SELECT FROM syncd.item later JOIN syncd.run l ON l.id = later.run_id
        WHERE later.target_id = i.target_id AND later.key = i.key AND later.period = i.period AND l.planned_at > r.planned_at) AS resend
    FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[])
)
UPDATE syncd.item i SET state = CASE WHEN u.resend THEN 'pending' ELSE 'superseded' END, ambiguous = false,
    payload = CASE WHEN u.resend THEN i.payload END, amounts = CASE WHEN u.resend THEN i.amounts END,
    not_before = NULL, deferred_epoch = NULL, reason_code = @reason_code, reason_detail = ''
FROM unsettled u WHERE i.run_id = @run_id AND i.seq = u.seq
RETURNING i.state;

-- name: QueueSettled :exec
UPDATE syncd.run SET state = 'queued', trigger = 'resume', unattended = true, finished_at = NULL, failure_code = '', failure_detail = '', failure_args = NULL, failure_problems = NULL,
    not_before = NULL, deadline_at = NULL, postponed = 0, takeovers = 0
WHERE id = @id;

-- What was perhaps never received is remembered, too: with it may have gone the document of an earlier period.
-- name: WithdrawBaseline :execrows
UPDATE syncd.baseline b SET withdrawn = true, in_doubt = false, doubt_since = NULL, gone_since = coalesce(b.gone_since, clock_timestamp())
FROM syncd.item i
WHERE i.run_id = @run_id AND i.seq = ANY (@seqs::integer[])
  AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period AND b.version = i.baseline_version;

-- Whatever run shows them as departed, or waits to know whether it reached them, has its answer. Returns the runs concerned.
-- name: WithdrawItems :many
WITH withdrawn AS (
    UPDATE syncd.item i SET state = CASE WHEN i.state = 'departed' THEN 'withdrawn' ELSE 'superseded' END, payload = NULL, amounts = NULL,
        reason_code = 'settled', reason_detail = ''
    WHERE i.target_id = @target_id AND i.key = ANY (@keys::text[]) AND i.period = @period AND i.state IN ('departed', 'uncertain')
    RETURNING i.run_id
)
SELECT DISTINCT run_id FROM withdrawn ORDER BY run_id;
