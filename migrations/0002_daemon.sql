-- +goose Up
-- What a daemon needs: fires of schedules, runs that wait, requests to cancel. ARCHITECTURE.md tells how they are used.

ALTER TABLE syncd.run
    ADD COLUMN nominal_at       timestamptz,
    ADD COLUMN not_before       timestamptz,
    ADD COLUMN deadline_at      timestamptz,
    ADD COLUMN postponed        integer NOT NULL DEFAULT 0,
    ADD COLUMN takeovers        integer NOT NULL DEFAULT 0,
    ADD COLUMN purged           smallint NOT NULL DEFAULT 0,
    ADD COLUMN unattended       boolean NOT NULL DEFAULT false,
    ADD COLUMN any_order        boolean NOT NULL DEFAULT false,
    ADD COLUMN cancelling       boolean NOT NULL DEFAULT false,
    ADD COLUMN cancelled_by     text NOT NULL DEFAULT '',
    ADD COLUMN cancelled_reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN syncd.run.nominal_at IS 'of the fire that made it; NULL = a person did';
COMMENT ON COLUMN syncd.run.not_before IS 'a queued run waits until then';
COMMENT ON COLUMN syncd.run.takeovers IS 'how often its process died: a run that kills whoever executes it must not go on for ever';
COMMENT ON COLUMN syncd.run.purged IS '1 = its items have lost what they hold of people, 2 = its items are gone';
COMMENT ON COLUMN syncd.run.unattended IS 'it was left to a daemon: by a schedule, or by a person';
COMMENT ON COLUMN syncd.run.deadline_at IS 'until when the run waits for an API that is away';
CREATE UNIQUE INDEX run_one_a_fire ON syncd.run (job, target_id, nominal_at) WHERE nominal_at IS NOT NULL;
CREATE INDEX run_by_fire ON syncd.run (job, nominal_at) WHERE nominal_at IS NOT NULL;
CREATE INDEX run_by_end ON syncd.run (finished_at);
CREATE INDEX run_by_age ON syncd.run (created_at);
CREATE INDEX dictionary_entry_by_run ON syncd.dictionary_entry (changed_by);
CREATE INDEX run_active ON syncd.run (job, target_id) WHERE state IN ('queued', 'running');

-- How far the fires of a job and target are dealt with. The last schedule is kept, so that what it still owed when the
-- configuration changed is not forgotten.
CREATE TABLE syncd.schedule (
    job        text NOT NULL,
    target_id  bigint NOT NULL REFERENCES syncd.target,
    spec       text NOT NULL,
    timezone   text NOT NULL,
    dealt_with timestamptz NOT NULL,
    PRIMARY KEY (job, target_id)
);
COMMENT ON COLUMN syncd.schedule.dealt_with IS 'fires up to then have become a run, or are recorded as skipped or missed';

CREATE TABLE syncd.fire (
    job         text NOT NULL,
    target_id   bigint NOT NULL REFERENCES syncd.target,
    nominal_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome     text NOT NULL CHECK (outcome IN ('run', 'skipped', 'missed')),
    reason      text NOT NULL DEFAULT '',
    run_id      bigint, -- that it made, or that was active; fires may outlive runs
    PRIMARY KEY (job, target_id, nominal_at)
);

CREATE TABLE syncd.pause (
    job       text PRIMARY KEY,
    since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    paused_by text NOT NULL,
    reason    text NOT NULL
);

-- The daemons that share this ledger, and what each of them is configured to do.
CREATE TABLE syncd.daemon (
    id         bigint PRIMARY KEY,
    host       text NOT NULL,
    pid        integer NOT NULL,
    version    text NOT NULL,
    jobs       jsonb NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN syncd.daemon.jobs IS 'digest of the configuration of each job';

-- Which ledger this is: another one than the last daemon saw was restored or moved, and may not know what was sent since.
CREATE TABLE syncd.incarnation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    server    bigint NOT NULL,
    timeline  integer NOT NULL,
    tables    bigint NOT NULL
);
COMMENT ON TABLE syncd.incarnation IS 'identifier and timeline of the server, and the oid of syncd.run, which a dump does not keep';

-- Whoever waits for work is told when there may be some.
-- +goose StatementBegin
CREATE FUNCTION syncd.wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY syncd;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER run_wakes AFTER INSERT OR UPDATE OF state, cancelling ON syncd.run FOR EACH STATEMENT EXECUTE FUNCTION syncd.wake();
CREATE TRIGGER pause_wakes AFTER INSERT OR DELETE ON syncd.pause FOR EACH STATEMENT EXECUTE FUNCTION syncd.wake();

-- +goose Down
DROP TRIGGER run_wakes ON syncd.run;
DROP TABLE syncd.incarnation, syncd.daemon, syncd.pause, syncd.fire, syncd.schedule;
DROP FUNCTION syncd.wake();
DROP INDEX syncd.run_active, syncd.run_one_a_fire, syncd.run_by_fire, syncd.run_by_end, syncd.run_by_age, syncd.dictionary_entry_by_run;
ALTER TABLE syncd.run DROP COLUMN nominal_at, DROP COLUMN not_before, DROP COLUMN deadline_at, DROP COLUMN postponed, DROP COLUMN takeovers, DROP COLUMN purged, DROP COLUMN unattended,
    DROP COLUMN any_order, DROP COLUMN cancelling, DROP COLUMN cancelled_by, DROP COLUMN cancelled_reason;
