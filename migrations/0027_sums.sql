-- +goose Up
-- What the amounts of a plan come to, beside those of the months before, for whoever looks at what guards found. It is pay: sealed,
-- and as long kept as diffs.
CREATE TABLE syncd.run_sums (
    run_id bigint PRIMARY KEY REFERENCES syncd.run ON DELETE CASCADE,
    sealed bytea NOT NULL
);
COMMENT ON COLUMN syncd.run_sums.sealed IS 'sealed with the key that the run names';

-- +goose Down
DROP TABLE syncd.run_sums;
