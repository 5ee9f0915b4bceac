-- +goose Up
-- What is known of a failure besides its code, as data: which one it is, and the names that its sentence has. NULL: nothing, or the
-- run failed under an earlier program, and reports find it in failure_detail.
ALTER TABLE syncd.run ADD COLUMN failure_args jsonb;

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN failure_args;
