-- +goose Up
-- Whom the nomenclatures would block at the next run of a job, as the pull found it that stored them: numbers and codes, no people.
CREATE TABLE syncd.impact (
    target_id bigint NOT NULL REFERENCES syncd.target ON DELETE CASCADE,
    job       text NOT NULL,
    period    text NOT NULL,
    run_id    bigint NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    digest    text NOT NULL,
    known     boolean NOT NULL,
    employees integer NOT NULL,
    blocked   integer NOT NULL,
    codes     jsonb NOT NULL,
    PRIMARY KEY (target_id, job)
);
COMMENT ON COLUMN syncd.impact.run_id IS 'the pull, which may have been purged since';
COMMENT ON COLUMN syncd.impact.digest IS 'how the job was configured then';
COMMENT ON COLUMN syncd.impact.known IS 'false = it could not be worked out';
COMMENT ON COLUMN syncd.impact.codes IS 'those that are withdrawn and in use, with how many employees use each';

-- +goose Down
DROP TABLE syncd.impact;
