-- One process a minute decides; no row: another one has, or is at it. A time in the future is of a clock that was wrong.
-- name: TakeAlertTurn :one
UPDATE syncd.alert_turn SET turned_at = sqlc.arg('now')::timestamptz, armed_at = coalesce(armed_at, sqlc.arg('now')::timestamptz)
WHERE singleton = (SELECT t.singleton FROM syncd.alert_turn t
                   WHERE t.turned_at <= sqlc.arg('now')::timestamptz - make_interval(secs => @apart_seconds::float8)
                      OR t.turned_at > sqlc.arg('now')::timestamptz + interval '5 minutes'
                   FOR UPDATE SKIP LOCKED)
RETURNING clock_timestamp()::timestamptz AS now, armed_at;

-- What a ledger that was put back says is unsent was sent, or is over.
-- name: DisarmAlerts :exec
WITH given AS (UPDATE syncd.alert_message SET state = 'given-up' WHERE state IN ('pending', 'sending')),
     happened AS (UPDATE syncd.account_event SET told_at = clock_timestamp() WHERE told_at IS NULL)
UPDATE syncd.alert_turn SET armed_at = NULL;

-- All that alerts are decided by, in one look. Of each job, target and period the last run for everyone that has ended, with
-- who it left undelivered and no later run has delivered; and those that are on their way.
-- name: AlertState :one
WITH pair AS (
    SELECT unnest(@jobs::text[]) AS job, unnest(@targets::bigint[]) AS target_id
), looked AS (
    SELECT r.id FROM pair p JOIN syncd.run r ON r.job = p.job AND r.target_id = p.target_id AND r.state IN ('queued', 'running')
    UNION ALL
    SELECT r.id FROM pair p JOIN syncd.run r ON r.job = p.job AND r.target_id = p.target_id AND r.period IS NOT NULL
        AND r.created_at > sqlc.arg('now')::timestamptz - interval '100 days' AND r.state NOT IN ('queued', 'running')
    UNION ALL
    SELECT last.id FROM pair p CROSS JOIN LATERAL (
        SELECT r.id FROM syncd.run r WHERE r.job = p.job AND r.target_id = p.target_id AND r.period IS NULL AND r.employees = '{}'
            AND r.state NOT IN ('queued', 'running') ORDER BY r.id DESC LIMIT 1) last
), recent AS MATERIALIZED (
    SELECT r.id, r.job, r.target_id, t.partner, t.environment, t.dossier, r.kind, r.period, r.state, r.trigger, r.failure_code, r.nominal_at, r.started_at, r.finished_at,
           r.created_at, r.unattended, r.postponed, r.findings, r.records_refused, r.unacknowledged
    FROM looked JOIN syncd.run r ON r.id = looked.id JOIN syncd.target t ON t.id = r.target_id
    WHERE r.employees = '{}' AND r.created_at > sqlc.arg('now')::timestamptz - interval '100 days'
      AND (r.period IS NULL OR r.period <= to_char(sqlc.arg('now')::timestamptz + interval '1 day', 'YYYY-MM'))
), going AS MATERIALIZED (
    SELECT job, target_id, period FROM recent WHERE finished_at IS NULL
), ended AS MATERIALIZED (
    SELECT DISTINCT ON (job, target_id, period) id, job, target_id, partner, environment, dossier, kind, period, state, trigger, failure_code, nominal_at, started_at, finished_at, created_at, unattended, postponed, findings, records_refused, unacknowledged
    FROM recent WHERE finished_at IS NOT NULL ORDER BY job, target_id, period, id DESC
), standing AS (
    SELECT e.id, e.job, e.target_id, e.partner, e.environment, e.dossier, e.kind, e.period, e.state, e.trigger, e.failure_code, e.nominal_at, e.started_at, e.finished_at, e.created_at, e.unattended, e.postponed, e.findings, e.records_refused, e.unacknowledged,
           EXISTS (SELECT FROM going a WHERE a.job = e.job AND a.target_id = e.target_id
                        AND a.period IS NOT DISTINCT FROM e.period) AS active
    FROM ended e
    WHERE (e.state <> 'succeeded' OR e.kind = 'pull-dictionnaire') AND (e.period IS NULL OR NOT syncd.is_closed(e.target_id, e.period))
    UNION ALL
    SELECT id, job, target_id, partner, environment, dossier, kind, period, state, trigger, failure_code, nominal_at, started_at, finished_at, created_at, unattended, postponed, findings, records_refused, unacknowledged, false
    FROM recent WHERE finished_at IS NULL
), told AS (
    SELECT s.job AS "Job", s.target_id AS "TargetID", s.partner, s.environment, s.dossier, coalesce(s.period, '') AS period, s.id AS run, s.state, s.trigger,
           s.failure_code AS reason, s.nominal_at, s.started_at, s.finished_at, s.created_at, s.unattended, s.postponed, s.active,
           (s.state = 'held' AND s.findings::jsonb @> '[{"rule": "contract", "holds": true}]') IS TRUE AS by_contract,
           s.records_refused + s.unacknowledged AS records, coalesce(d.withdrawn, 0) AS withdrawn, coalesce(d.impacted, 0) AS impacted,
           coalesce(i.cause, '') AS cause, coalesce(i.held, 0) AS held, coalesce(i.rejected, 0) AS rejected, coalesce(i.blocked, 0) AS blocked,
           coalesce(i.elements, 0) AS elements, coalesce(i.uncertain, 0) AS uncertain, coalesce(i.departed, 0) AS departed,
           coalesce(i.not_attempted, 0) AS not_attempted, coalesce(i.expired, 0) AS expired
    FROM standing s
    LEFT JOIN LATERAL (
        SELECT mode() WITHIN GROUP (ORDER BY coalesce(l.problems -> 0 ->> 'code', l.reason_code)) FILTER (WHERE l.state IN ('rejected', 'blocked', 'uncertain', 'departed')) AS cause,
               count(*) FILTER (WHERE l.state = 'held') AS held, count(*) FILTER (WHERE l.state = 'rejected') AS rejected,
               count(*) FILTER (WHERE l.state = 'blocked' AND l.employees > 0) AS blocked,
               coalesce(sum(l.elements) FILTER (WHERE l.state = 'blocked' AND l.employees = 0), 0) AS elements,
               count(*) FILTER (WHERE l.state IN ('uncertain', 'unsettled', 'sending') OR l.state = 'pending' AND l.ambiguous) AS uncertain,
               count(*) FILTER (WHERE l.state = 'departed') AS departed,
               count(*) FILTER (WHERE l.state = 'pending' AND NOT l.ambiguous) AS not_attempted,
               count(*) FILTER (WHERE l.state = 'superseded' AND l.reason_code = 'expired') AS expired
        FROM syncd.item l
        WHERE l.run_id = s.id AND l.state NOT IN ('accepted', 'left', 'withdrawn')
          AND NOT EXISTS (SELECT FROM syncd.item n WHERE n.target_id = l.target_id AND n.key = l.key AND n.period = l.period
                          AND n.run_id > l.run_id AND n.state IN ('accepted', 'withdrawn', 'left'))
    ) i ON s.state IN ('incomplete', 'failed', 'cancelled')
    LEFT JOIN LATERAL (
        SELECT CASE WHEN count(*) > 0 AND bool_and(m.known) THEN max(jsonb_array_length(m.codes))
                    ELSE (SELECT count(*) FROM syncd.dictionary_change c WHERE c.run_id = s.id AND c.difference = '-') END AS withdrawn,
               max(m.blocked) FILTER (WHERE m.codes <> '[]') AS impacted
        FROM syncd.impact m WHERE m.target_id = s.target_id
    ) d ON s.kind = 'pull-dictionnaire' AND s.state = 'succeeded' 
)
SELECT coalesce((SELECT json_agg(t) FROM told t), '[]')::json AS standings,
       coalesce((SELECT json_agg(json_build_object('job', p.job, 'since', p.since, 'by', p.paused_by, 'reason', p.reason)) FROM syncd.pause p), '[]')::json AS pauses,
       coalesce((SELECT json_agg(json_build_object('Host', d.host, 'PID', d.pid, 'Jobs', d.jobs,
            'Started', d.started_at, 'Silent', (extract(epoch FROM clock_timestamp() - d.seen_at) * 1000000000)::bigint)) FROM syncd.daemon d), '[]')::json AS daemons,
       coalesce((SELECT json_agg(json_build_object('partner', a.partner, 'environment', a.environment, 'since', c.first_seen))
        FROM syncd.api a JOIN LATERAL (SELECT n.digest, n.first_seen FROM syncd.contract n WHERE n.api_id = a.id ORDER BY n.last_seen DESC, n.id DESC LIMIT 1) c ON true
        WHERE a.accepted_digest <> '' AND c.digest <> a.accepted_digest
          AND EXISTS (SELECT FROM syncd.target t WHERE t.id = ANY (@targets::bigint[]) AND t.partner = a.partner AND t.environment = a.environment
                      AND t.base_url = a.base_url)), '[]')::json AS contracts,
       coalesce((SELECT json_agg(json_build_object('id', e.id, 'account', e.account, 'kind', e.kind, 'at', e.at) ORDER BY e.id)
        FROM syncd.account_event e WHERE e.told_at IS NULL AND e.at > sqlc.arg('now')::timestamptz - interval '3 days'), '[]')::json AS events,
       coalesce((SELECT json_agg(json_build_object('id', g.id, 'since', g.since, 'until', g.until, 'late', m.late, 'missed', m.missed,
            'jobs', m.jobs) ORDER BY g.id)
        FROM syncd.daemon_gap g CROSS JOIN LATERAL (
            SELECT count(DISTINCT (f.job, f.nominal_at)) FILTER (WHERE f.outcome = 'run') AS late,
                   count(DISTINCT (f.job, f.nominal_at)) FILTER (WHERE f.outcome <> 'run') AS missed, json_agg(DISTINCT f.job) AS jobs
            FROM syncd.fire f WHERE f.nominal_at > g.since AND f.nominal_at <= g.until) m
        WHERE g.told_at IS NULL AND g.until > sqlc.arg('now')::timestamptz - interval '3 days'
              AND g.until <= sqlc.arg('now')::timestamptz - make_interval(secs => @settled_seconds::float8)), '[]')::json AS gaps,
       (SELECT c.held_since FROM syncd.clock c) AS purge_held, syncd.clock_is_doubtful()::boolean AS clock_doubtful,
       coalesce((SELECT json_agg(json_build_object('id', a.id, 'condition', a.condition, 'stage', a.stage, 'since', a.since, 'staged_at', a.staged_at,
                'resolved_at', a.resolved_at, 'told', coalesce((SELECT json_agg(json_build_object('recipient', w.recipient, 'stage', w.stage,
                    'thread', w.thread, 'at', w.told_at, 'recovered', w.recovered)) FROM syncd.alert_told w WHERE w.alert_id = a.id), '[]')) ORDER BY a.id)
        FROM syncd.alert a
        WHERE a.resolved_at IS NULL OR a.resolved_at > sqlc.arg('now')::timestamptz - interval '9 days'
              AND EXISTS (SELECT FROM syncd.alert_told w WHERE w.alert_id = a.id AND NOT w.recovered)), '[]')::json AS alerts,
       coalesce((SELECT json_agg(json_build_object('id', s.id, 'kind', s.kind, 'job', s.job, 'dossier', s.dossier, 'since', s.since, 'until', s.until,
                'by', s.by, 'reason', s.reason) ORDER BY s.id)
        FROM syncd.alert_silence s WHERE s.ended_at IS NULL AND s.until > sqlc.arg('now')::timestamptz), '[]')::json AS silences,
       coalesce((SELECT json_agg(o) FROM (
            SELECT m.recipient, max(m.made_at) FILTER (WHERE NOT m.urgent AND m.purpose IN ('alarm', 'reminder')) AS alarm,
                   max(m.made_at) FILTER (WHERE m.purpose = 'reminder') AS reminder,
                   count(*) FILTER (WHERE m.state IN ('pending', 'sending')) AS unsent, min(m.made_at) FILTER (WHERE m.state IN ('pending', 'sending')) AS oldest,
                   coalesce(max(m.trouble) FILTER (WHERE m.state IN ('pending', 'sending')), '') AS trouble,
                   coalesce(bool_or(m.purpose = 'reminder') FILTER (WHERE m.state IN ('pending', 'sending')), false) AS reminding,
                   array_agg(m.name) FILTER (WHERE m.state = 'pending') AS pending
            FROM syncd.alert_message m WHERE m.made_at > sqlc.arg('now')::timestamptz - interval '9 days' GROUP BY m.recipient) o), '[]')::json AS outboxes;

-- A condition that lasts is one row, whatever number of times it is found.
-- name: OpenAlert :one
INSERT INTO syncd.alert (subject, condition, stage, since, staged_at) VALUES (@subject, @condition, @stage, @since, sqlc.arg('now')::timestamptz)
ON CONFLICT (subject) WHERE resolved_at IS NULL DO UPDATE SET condition = excluded.condition, stage = excluded.stage,
    staged_at = CASE WHEN excluded.stage = alert.stage THEN alert.staged_at ELSE excluded.staged_at END
RETURNING id;

-- name: ResolveAlerts :exec
UPDATE syncd.alert SET resolved_at = sqlc.arg('now')::timestamptz WHERE id = ANY (@ids::bigint[]) AND resolved_at IS NULL;

-- One that is there again before anybody was told that it was over.
-- name: ReviveAlert :execrows
UPDATE syncd.alert a SET resolved_at = NULL
WHERE a.id = (SELECT r.id FROM syncd.alert r WHERE r.subject = @subject AND r.resolved_at IS NOT NULL
              AND EXISTS (SELECT FROM syncd.alert_told w WHERE w.alert_id = r.id AND NOT w.recovered) ORDER BY r.id DESC LIMIT 1)
  AND NOT EXISTS (SELECT FROM syncd.alert o WHERE o.subject = @subject AND o.resolved_at IS NULL);

-- name: InsertMessage :exec
INSERT INTO syncd.alert_message (recipient, purpose, urgent, name, threads, content, made_at, not_before)
VALUES (@recipient, @purpose, @urgent, @name, @threads, @content, @made_at, @made_at);

-- name: TellAlert :exec
INSERT INTO syncd.alert_told (alert_id, recipient, stage, thread, told_at, recovered) VALUES (@alert_id, @recipient, @stage, @thread, @told_at, @recovered)
ON CONFLICT (alert_id, recipient) DO UPDATE SET stage = excluded.stage, told_at = excluded.told_at;

-- name: TellRecovered :exec
UPDATE syncd.alert_told SET recovered = true WHERE alert_id = ANY (@ids::bigint[]) AND recipient = @recipient;

-- Takes the oldest message of a recipient whose turn it is: later ones wait for it, so that no end is told before its beginning.
-- One that is being sent is taken for left once its time is over. A time that is far off is of a clock that was wrong.
-- name: TakeMessage :one
UPDATE syncd.alert_message SET state = 'sending', attempts = attempts + 1, taken_at = clock_timestamp()
WHERE id = (SELECT m.id FROM syncd.alert_message m
            WHERE m.recipient = ANY (@recipients::text[])
              AND (m.state = 'pending' AND (m.not_before <= sqlc.arg('now')::timestamptz OR m.not_before > sqlc.arg('now')::timestamptz + interval '2 days')
                   OR m.state = 'sending' AND m.taken_at < clock_timestamp() - make_interval(secs => @lease_seconds::float8))
              AND NOT EXISTS (SELECT FROM syncd.alert_message e WHERE e.recipient = m.recipient AND e.id < m.id AND e.state IN ('pending', 'sending'))
            ORDER BY m.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, recipient, purpose, urgent, name, threads, content, made_at, state, attempts, not_before, taken_at, sent_at, trouble;

-- name: MessageSent :exec
UPDATE syncd.alert_message SET state = 'sent', sent_at = sqlc.arg('now')::timestamptz, trouble = '' WHERE id = @id AND state IN ('pending', 'sending');

-- Who overslept while he sent must not put off what another process has set about.
-- name: MessageFailed :exec
UPDATE syncd.alert_message SET state = @state, not_before = @not_before, trouble = @trouble WHERE id = @id AND state = 'sending' AND attempts = @attempts;

-- name: HastenMessages :exec
UPDATE syncd.alert_message SET not_before = sqlc.arg('now')::timestamptz WHERE state = 'pending' AND not_before > sqlc.arg('now')::timestamptz;

-- What is over before anybody was told is told as that.
-- name: GiveUpMessage :exec
UPDATE syncd.alert_message SET state = 'given-up', trouble = 'over' WHERE name = ANY (@names::text[]) AND state = 'pending';

-- name: GiveUpMessages :exec
UPDATE syncd.alert_message SET state = 'given-up' WHERE state IN ('pending', 'sending') AND made_at < sqlc.arg('before')::timestamptz;

-- name: ForgetMessages :exec
DELETE FROM syncd.alert_message WHERE made_at < sqlc.arg('before')::timestamptz AND state NOT IN ('pending', 'sending');

-- name: ForgetAlerts :exec
DELETE FROM syncd.alert WHERE resolved_at < sqlc.arg('before')::timestamptz;

-- name: ForgetAccountEvents :exec
DELETE FROM syncd.account_event WHERE at < sqlc.arg('before')::timestamptz;

-- name: ForgetGaps :exec
DELETE FROM syncd.daemon_gap WHERE until < sqlc.arg('before')::timestamptz;

-- What has happened is told once.
-- name: TellEvents :exec
WITH gap AS (
    UPDATE syncd.daemon_gap SET told_at = sqlc.arg('now')::timestamptz WHERE id = ANY (@gaps::bigint[]) AND told_at IS NULL
)
UPDATE syncd.account_event SET told_at = sqlc.arg('now')::timestamptz WHERE id = ANY (@events::bigint[]) AND told_at IS NULL;

-- name: Gaps :many
SELECT id, since, until FROM syncd.daemon_gap ORDER BY id DESC LIMIT @most;

-- name: AccountEvents :many
SELECT id, account, kind, at, address FROM syncd.account_event ORDER BY id DESC LIMIT @most;

-- A test message, unless one to the same recipient is on its way, or was made in the last minute.
-- name: QueueTest :execrows
INSERT INTO syncd.alert_message (recipient, made_at, not_before)
SELECT @recipient, sqlc.arg('now')::timestamptz, sqlc.arg('now')::timestamptz
WHERE NOT EXISTS (SELECT FROM syncd.alert_message m WHERE m.recipient = @recipient AND m.purpose = 'test'
                  AND (m.state IN ('pending', 'sending') OR m.made_at > sqlc.arg('now')::timestamptz - interval '1 minute'));

-- name: ListTests :many
SELECT id, recipient, purpose, urgent, name, threads, content, made_at, state, attempts, not_before, taken_at, sent_at, trouble
FROM syncd.alert_message WHERE purpose = 'test' ORDER BY id DESC LIMIT @most;

-- What was tried and is still to be sent.
-- name: UndeliveredMessages :many
SELECT DISTINCT recipient, trouble FROM syncd.alert_message WHERE state IN ('pending', 'sending') AND trouble <> '' ORDER BY recipient, trouble;

-- name: ListAlerts :many
SELECT a.id, a.condition, a.stage, a.since, a.staged_at, a.resolved_at,
       coalesce((SELECT json_agg(json_build_object('recipient', w.recipient, 'stage', w.stage, 'thread', w.thread, 'at', w.told_at,
            'recovered', w.recovered) ORDER BY w.recipient) FROM syncd.alert_told w WHERE w.alert_id = a.id), '[]')::json AS told
FROM syncd.alert a WHERE a.resolved_at IS NULL ORDER BY a.since, a.id;

-- name: ListMessages :many
SELECT id, recipient, purpose, urgent, name, threads, content, made_at, state, attempts, not_before, taken_at, sent_at, trouble
FROM syncd.alert_message WHERE id IN (
    (SELECT m.id FROM syncd.alert_message m WHERE m.state IN ('pending', 'sending') ORDER BY m.id DESC LIMIT @most)
    UNION ALL
    (SELECT m.id FROM syncd.alert_message m ORDER BY m.id DESC LIMIT @most))
ORDER BY state IN ('pending', 'sending') DESC, id DESC LIMIT @most;

-- name: ListSilences :many
SELECT id, kind, job, dossier, since, until, by, reason FROM syncd.alert_silence
WHERE ended_at IS NULL AND until > clock_timestamp() ORDER BY id;

-- name: InsertSilence :one
INSERT INTO syncd.alert_silence (kind, job, dossier, until, by, reason) VALUES (@kind, @job, @dossier, @until, @by, @reason) RETURNING id;

-- name: EndSilence :one
UPDATE syncd.alert_silence SET ended_at = clock_timestamp() WHERE id = @id AND ended_at IS NULL AND until > clock_timestamp()
RETURNING kind, job, dossier;

-- How what recipients are to be told fares: what is unsent, and when something arrived last.
-- name: OutboxByRecipient :one
SELECT coalesce(json_agg(o ORDER BY o.recipient), '[]')::json AS outboxes FROM (
    SELECT m.recipient, count(*) FILTER (WHERE m.state IN ('pending', 'sending')) AS unsent, max(m.sent_at) AS sent,
           min(m.made_at) FILTER (WHERE m.state IN ('pending', 'sending')) AS oldest,
           coalesce(max(m.trouble) FILTER (WHERE m.state IN ('pending', 'sending')), '') AS trouble
    FROM syncd.alert_message m GROUP BY m.recipient) o;
