-- +goose Up
-- What is deleted, or given up, for its age must not depend on a clock that is wrong: the ledger remembers how late it was.

CREATE TABLE syncd.clock (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seen_at    timestamptz NOT NULL,
    leapt_from timestamptz,
    leapt_to   timestamptz,
    held_since timestamptz,
    held_for   jsonb,
    CONSTRAINT clock_leap_is_whole CHECK ((leapt_from IS NULL) = (leapt_to IS NULL)),
    CONSTRAINT clock_hold_is_whole CHECK ((held_since IS NULL) = (held_for IS NULL))
);
COMMENT ON COLUMN syncd.clock.seen_at IS 'how late it was when a process last looked, by this server''s clock';
COMMENT ON COLUMN syncd.clock.leapt_from IS 'between two looks more time went by than a machine is off: nothing is deleted before a person has confirmed, or the clock was set right';
COMMENT ON COLUMN syncd.clock.held_for IS 'why a daemon''s purge waits for a person';

-- The newest time that is recorded, and not this one: the clock may be wrong already.
INSERT INTO syncd.clock (seen_at) SELECT max(at) FROM syncd.audit HAVING max(at) IS NOT NULL;

CREATE FUNCTION syncd.clock_leaps() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '45 days' $$;
CREATE FUNCTION syncd.clock_is_doubtful() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM syncd.clock WHERE leapt_from IS NOT NULL OR clock_timestamp() - seen_at > syncd.clock_leaps())
$$;

-- +goose Down
DROP FUNCTION syncd.clock_is_doubtful(), syncd.clock_leaps();
DROP TABLE syncd.clock;
