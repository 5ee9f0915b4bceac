-- +goose Up
-- A ledger that was put back by copying files looks like itself. What tells it is a watermark outside of the database,
-- which is kept for one ledger, and so must know its name.

ALTER TABLE syncd.incarnation
    ADD COLUMN ledger     uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN database   bigint,
    ADD COLUMN noticed    integer NOT NULL DEFAULT 0,
    ADD COLUMN noticed_at timestamptz,
    ADD COLUMN runs       bigint NOT NULL DEFAULT 0,
    ADD COLUMN trail      bigint NOT NULL DEFAULT 0;
UPDATE syncd.incarnation SET database = (SELECT oid::bigint FROM pg_database WHERE datname = current_database());
ALTER TABLE syncd.incarnation ALTER COLUMN database SET NOT NULL;
COMMENT ON TABLE syncd.incarnation IS 'which ledger this is: identifier and timeline of the server, and the oids of the database, which a copy of one does not keep, and of syncd.run, which a dump does not keep';
COMMENT ON COLUMN syncd.incarnation.ledger IS 'its name for ever, which a copy keeps';
COMMENT ON COLUMN syncd.incarnation.noticed IS 'how often it was found to have been put back, restored, promoted or moved';
COMMENT ON COLUMN syncd.incarnation.runs IS 'the newest run at the last time: what it and older ones were acknowledged may be outdated';
COMMENT ON COLUMN syncd.incarnation.trail IS 'the newest line of the trail then: who ended a pause afterwards has looked';
UPDATE syncd.run SET incarnation = incarnation || '/' || (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) || '/0'
WHERE incarnation <> '';

-- +goose Down
UPDATE syncd.run SET incarnation = substring(incarnation FROM '^[^/]*/[^/]*/[^/]*') WHERE incarnation <> '';
ALTER TABLE syncd.incarnation DROP COLUMN ledger, DROP COLUMN database, DROP COLUMN noticed, DROP COLUMN noticed_at, DROP COLUMN runs, DROP COLUMN trail;
