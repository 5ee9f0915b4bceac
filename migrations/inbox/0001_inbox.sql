-- +goose Up
-- What was read of partners, for people to query: docs/inbox.md. It is clear text, readable by the group inbox_reader. Query the
-- views: tables may change with an upgrade. What runs did of it stands in the schema syncd.

CREATE TABLE inbox.dossier (
    target_id   bigint PRIMARY KEY,
    partner     text NOT NULL,
    environment text NOT NULL,
    base_url    text NOT NULL,
    dossier     text NOT NULL
);
COMMENT ON TABLE inbox.dossier IS 'whose records they are: the targets of the ledger that was used with this schema, and no other';

CREATE TABLE inbox.record (
    target_id       bigint NOT NULL REFERENCES inbox.dossier,
    collection      text NOT NULL,
    key             text COLLATE "C" NOT NULL,
    document        jsonb,
    fingerprint     bytea,
    version         integer NOT NULL CHECK (version > 0),
    dated           timestamptz,
    first_seen      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    first_run       bigint NOT NULL,
    run             bigint NOT NULL,
    gone_since      timestamptz,
    files_at        timestamptz,
    acknowledged_at timestamptz,
    forgotten_at    timestamptz,
    PRIMARY KEY (target_id, collection, key),
    CONSTRAINT record_is_there_or_forgotten CHECK ((document IS NULL) = (forgotten_at IS NOT NULL)),
    CONSTRAINT record_has_its_fingerprint CHECK ((document IS NULL) = (fingerprint IS NULL))
);
COMMENT ON COLUMN inbox.record.version IS 'counts the changes; each has its lines in inbox.change';
COMMENT ON COLUMN inbox.record.run IS 'that changed it last';
COMMENT ON COLUMN inbox.record.gone_since IS 'the partner does not list it any more';
COMMENT ON COLUMN inbox.record.files_at IS 'since when all its files are there';
COMMENT ON COLUMN inbox.record.acknowledged_at IS 'since when the partner is known to have been told that it is stored';
COMMENT ON COLUMN inbox.record.forgotten_at IS 'erased by a person: the key stays, so that it does not come back';
CREATE INDEX record_unacknowledged ON inbox.record (target_id, collection) WHERE acknowledged_at IS NULL;
CREATE INDEX record_unfiled ON inbox.record (target_id, collection) WHERE files_at IS NULL;
-- Not by target first: until Postgres has counted, it would take this one to find records by their keys, and read all of them.
CREATE INDEX record_dated ON inbox.record (dated, target_id, collection) WHERE gone_since IS NULL;

CREATE TABLE inbox.change (
    target_id  bigint NOT NULL,
    collection text NOT NULL,
    key        text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    path       text COLLATE "C" NOT NULL,
    at         timestamptz NOT NULL,
    run        bigint NOT NULL,
    difference text NOT NULL CHECK (difference IN ('+', '*', '-')),
    old        jsonb,
    new        jsonb,
    PRIMARY KEY (target_id, collection, key, version, path),
    FOREIGN KEY (target_id, collection, key) REFERENCES inbox.record
);
COMMENT ON COLUMN inbox.change.path IS 'JSON pointer; empty: the record itself is gone (-), or is back (+)';
CREATE INDEX change_at ON inbox.change (at);
CREATE INDEX change_by_run ON inbox.change (run) WHERE path = '';

CREATE TABLE inbox.file (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id  bigint NOT NULL,
    collection text NOT NULL,
    key        text COLLATE "C" NOT NULL,
    file       text COLLATE "C" NOT NULL,
    type       text NOT NULL,
    size       bigint,
    sha256     text,
    missing    text NOT NULL CHECK (missing IN ('', 'file-too-large', 'file-size', 'file-checksum', 'file-expired')),
    at         timestamptz NOT NULL,
    run        bigint NOT NULL,
    UNIQUE (target_id, collection, key, file),
    FOREIGN KEY (target_id, collection, key) REFERENCES inbox.record
);
COMMENT ON COLUMN inbox.file.missing IS 'why it is not there; empty: it is';
CREATE INDEX file_by_run ON inbox.file (run);

CREATE TABLE inbox.part (
    file_id bigint NOT NULL REFERENCES inbox.file ON DELETE CASCADE,
    n       integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (file_id, n)
);
ALTER TABLE inbox.part ALTER COLUMN content SET STORAGE EXTERNAL;

-- How far a window of a collection was read.
CREATE TABLE inbox.cursor (
    target_id   bigint NOT NULL REFERENCES inbox.dossier,
    collection  text NOT NULL,
    name        text NOT NULL,
    since       timestamptz NOT NULL,
    incarnation text NOT NULL,
    run         bigint NOT NULL,
    PRIMARY KEY (target_id, collection, name)
);

-- A text as a day, a moment or an amount; NULL for what is none, never an error. Days: 2026-11-30, 2026-11-30T…, 30/11/2026.
-- +goose StatementBegin
CREATE FUNCTION inbox.date(of text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN m IS NOT NULL AND m[2]::int BETWEEN 1 AND 12 AND m[3]::int BETWEEN 1 AND
            CASE WHEN m[2]::int IN (4, 6, 9, 11) THEN 30 WHEN m[2]::int <> 2 THEN 31
                 WHEN m[1]::int % 4 = 0 AND (m[1]::int % 100 <> 0 OR m[1]::int % 400 = 0) THEN 29 ELSE 28 END
        THEN make_date(m[1]::int, m[2]::int, m[3]::int) END
    FROM (SELECT coalesce(regexp_match(of, '^([12]\d{3})-(\d\d)-(\d\d)(?:$|[T ])'),
                          (SELECT ARRAY[d[3], d[2], d[1]] FROM regexp_match(of, '^(\d\d)/(\d\d)/([12]\d{3})$') d)) AS m) read
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION inbox.moment(of text) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN m IS NOT NULL AND inbox.date(of) IS NOT NULL
        THEN (inbox.date(of) + make_interval(hours => m[1]::int, mins => m[2]::int, secs => coalesce(m[3], '0')::float8)
              - CASE WHEN m[5] IS NULL THEN interval '0' ELSE make_interval(hours => (m[4] || m[5])::int, mins => (m[4] || m[6])::int) END)
             AT TIME ZONE 'UTC' END
    FROM (SELECT regexp_match(of, '^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,9})?))?(?:Z|([+-])(0\d|1[0-4]):?([0-5]\d))$') AS m) read
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION inbox.amount(of text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN of ~ '^[+-]?\d{1,30}(\.\d{1,30})?$' THEN of::numeric END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION inbox.moment IS 'one without an offset is none: whose time it would be is not said';

-- +goose Down
DROP FUNCTION inbox.amount, inbox.moment, inbox.date;
DROP TABLE inbox.cursor, inbox.part, inbox.file, inbox.change, inbox.record, inbox.dossier;
