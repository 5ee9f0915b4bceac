-- +goose Up
-- What a dead man's switch is to be told of each fire, once, by whichever daemon comes first, and until it was told.

CREATE TABLE syncd.ping (
    job         text NOT NULL,
    nominal_at  timestamptz NOT NULL,
    event       text NOT NULL CHECK (event IN ('started', 'failed', 'done')),
    noted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_at  timestamptz NOT NULL DEFAULT '-infinity',
    tries       integer NOT NULL DEFAULT 0,
    told_at     timestamptz,
    PRIMARY KEY (job, nominal_at, event)
);
COMMENT ON COLUMN syncd.ping.claimed_at IS 'when a daemon last set about telling it';
COMMENT ON COLUMN syncd.ping.told_at IS 'when the other side took it, or nobody wanted to know; NULL = not yet';
CREATE INDEX ping_untold ON syncd.ping (job) WHERE told_at IS NULL;
CREATE INDEX run_ended ON syncd.run (job, finished_at) WHERE nominal_at IS NOT NULL; -- NULL = active

-- What happened before this version was told, or not, by that one.
INSERT INTO syncd.ping (job, nominal_at, event, told_at)
SELECT DISTINCT r.job, r.nominal_at, e.event, clock_timestamp()
FROM syncd.run r, (VALUES ('started'), ('failed'), ('done')) e (event)
WHERE r.nominal_at IS NOT NULL;

-- +goose Down
DROP INDEX syncd.run_ended;
DROP TABLE syncd.ping;
