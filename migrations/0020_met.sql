-- +goose Up
-- How the run stood that a fire met, which run_id names. NULL: it met none, or an earlier program recorded it, and reason alone says so.
ALTER TABLE syncd.fire ADD COLUMN met text;

-- +goose Down
ALTER TABLE syncd.fire DROP COLUMN met;
