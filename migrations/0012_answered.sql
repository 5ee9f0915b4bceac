-- +goose Up
-- By which settings a target last answered properly: when it refuses the very same, they are not what is wrong.

CREATE TABLE syncd.answered (
    target_id   bigint NOT NULL REFERENCES syncd.target,
    service     text NOT NULL CHECK (service IN ('identity', 'dictionary', 'document')),
    settings    bytea NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (target_id, service)
);
COMMENT ON COLUMN syncd.answered.settings IS 'address, calls, client and keys: a hash by the lasting key';
COMMENT ON COLUMN syncd.answered.answered_at IS 'when they were first found to work';

-- +goose Down
DROP TABLE syncd.answered;
