-- +goose Up
-- What a failed run met and the next steps as facts, of which failure_detail has the English:
-- [{"what": {"code": "staging.no-table", "args": {…}}, "next": {…}}]. NULL: there are none, or the run failed under an earlier program.
-- What that kept of hints, by the lines of failure_detail, is kept as texts.
ALTER TABLE syncd.run ADD COLUMN failure_problems jsonb;
UPDATE syncd.run r SET failure_problems = (
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('problem', l.text, 'hint', h.hint ->> 'text', 'guess', h.hint -> 'meant')) ORDER BY l.n)
    FROM regexp_split_to_table(r.failure_detail, E'\n') WITH ORDINALITY l (text, n)
    LEFT JOIN jsonb_array_elements(r.failure_hints) h (hint) ON (h.hint ->> 'line')::bigint = l.n - 1)
WHERE r.failure_hints IS NOT NULL;
ALTER TABLE syncd.run DROP COLUMN failure_hints;

-- +goose Down
ALTER TABLE syncd.run ADD COLUMN failure_hints jsonb;
ALTER TABLE syncd.run DROP COLUMN failure_problems;
