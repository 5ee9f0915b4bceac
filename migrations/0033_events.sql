-- +goose Up
-- What happened to accounts, for those who are to be told. Lines are added; who tells of them deletes the old ones.
CREATE TABLE syncd.account_event (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL REFERENCES syncd.account ON DELETE CASCADE,
    kind    text NOT NULL CHECK (kind IN ('added', 'reset', 'new-place', 'failures')),
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    address text NOT NULL DEFAULT ''
);
CREATE INDEX account_event_by_time ON syncd.account_event (at);
COMMENT ON COLUMN syncd.account_event.kind IS 'new-place: signed in from where the person never did, and did elsewhere; failures: ten attempts failed within an hour';

-- Which ledger this is, as a run remembers it. A session and an invitation count in the one that they were made in: what a dump, a backup
-- or a copy brings back of them lets nobody in.
-- +goose StatementBegin
CREATE FUNCTION syncd.incarnation_name() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/', s.system_identifier,
           CASE WHEN pg_is_in_recovery() THEN c.timeline_id ELSE ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer END,
           'syncd.run'::regclass::oid, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()),
           coalesce((SELECT i.noticed FROM syncd.incarnation i), 0))
    FROM pg_control_system() s, pg_control_checkpoint() c
$$;
-- +goose StatementEnd
ALTER TABLE syncd.session ADD COLUMN incarnation text NOT NULL DEFAULT syncd.incarnation_name();
ALTER TABLE syncd.invitation ADD COLUMN incarnation text NOT NULL DEFAULT syncd.incarnation_name();

-- +goose Down
ALTER TABLE syncd.invitation DROP COLUMN incarnation;
ALTER TABLE syncd.session DROP COLUMN incarnation;
DROP FUNCTION syncd.incarnation_name();
DROP TABLE syncd.account_event;
