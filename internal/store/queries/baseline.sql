-- name: BaselineDocuments :many
SELECT r.ordinal, b.document, b.amounts, b.run_id, b.seq, b.version
FROM (SELECT generate_subscripts(@keys::text[], 1)::integer AS ordinal, unnest(@keys::text[]) AS key, unnest(@periods::text[]) AS period) r
JOIN syncd.baseline b ON b.target_id = @target_id AND b.key = r.key AND b.period = r.period
WHERE b.version > 0;
