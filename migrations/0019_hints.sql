-- +goose Up
-- The hints of a failure apart from what they are about: [{"line": 0, "text": "…"}], line being that of failure_detail, from 0. They
-- name no person. NULL: there are none, or the run failed under an earlier program, and they are lines of failure_detail.
ALTER TABLE syncd.run ADD COLUMN failure_hints jsonb;

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN failure_hints;
