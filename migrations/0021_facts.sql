-- +goose Up
-- What was decided as facts: {"until": "2026-12-05T18:00:00Z"}, {"failed_of": 12}. NULL: the decision's kind says it all, or an
-- earlier program recorded it, and detail alone says it.
ALTER TABLE syncd.audit ADD COLUMN facts jsonb;

-- Why no contract was found as facts: [{"code": "contract.html", "args": {…}, "text": "…", "hint": "…"}]. NULL: one was, or an
-- earlier program asked, and problem alone says it.
ALTER TABLE syncd.api ADD COLUMN problem_facts jsonb;

-- +goose Down
ALTER TABLE syncd.audit DROP COLUMN facts;
ALTER TABLE syncd.api DROP COLUMN problem_facts;
