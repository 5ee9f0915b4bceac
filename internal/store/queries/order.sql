-- Where the partner keeps one document per employee: the newest later period of a target for which something was sent, or whose
-- run counts on what an earlier period sent. Such a run has no item of those who bring nothing new, and yet it delivers them,
-- unless it is given up. Of one whose items are past their time the accounting tells.
-- name: DeliveredAfter :one
SELECT sqlc.embed(r), sqlc.embed(t) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
WHERE r.target_id = @target_id AND r.period > @period
  AND (r.planned_at IS NOT NULL AND r.state <> 'cancelled' AND r.unchanged > 0
       OR r.purged = 2 AND r.accepted + r.rejected > 0
       OR EXISTS (SELECT FROM syncd.item i WHERE i.run_id = r.id AND i.sent_at IS NOT NULL))
ORDER BY r.period DESC, r.id DESC LIMIT 1;

-- What a newer plan sent for another period, or found in place and counts on, is not overwritten: of the latter it has no item.
-- name: SupersedeOvertaken :exec
UPDATE syncd.item i SET state = 'superseded', payload = NULL, amounts = NULL, reason_code = 'moved', reason_detail = ''
FROM syncd.run r
WHERE r.id = @run_id AND i.run_id = r.id AND i.state = 'pending'
  AND EXISTS (SELECT FROM syncd.run n
              WHERE n.target_id = r.target_id AND n.period <> r.period AND n.planned_at > r.planned_at
                AND (n.employees = '{}' OR i.key = ANY (n.employees))
                AND (EXISTS (SELECT FROM syncd.item sent WHERE sent.target_id = i.target_id AND sent.key = i.key AND sent.run_id = n.id
                             AND sent.sent_at IS NOT NULL)
                     OR (n.unchanged > 0 OR n.purged = 2 AND n.accepted + n.rejected > 0)
                        AND NOT EXISTS (SELECT FROM syncd.item line WHERE line.target_id = i.target_id AND line.key = i.key AND line.run_id = n.id)));

-- Nor does a newer period overtake a request of another one that may still be processed: it would arrive last. With
-- DelayDoubtful, which is about the period's own.
-- name: DelayOvertaking :exec
UPDATE syncd.item i SET not_before = greatest(i.not_before, d.until)
FROM (SELECT b.key, max(b.doubt_since) + make_interval(secs => @timeout_seconds::float8) AS until
      FROM syncd.baseline b JOIN syncd.run r ON r.id = @run_id
      WHERE b.target_id = r.target_id AND b.period <> r.period AND b.in_doubt GROUP BY b.key) d
WHERE i.run_id = @run_id AND i.state = 'pending' AND i.key = d.key AND d.until > clock_timestamp();
