-- +goose Up
-- What people wrote about a cause that is wrong with several dossiers: what fixed it, for whoever meets it next. Rows are added alone; the
-- newest of a cause counts.
CREATE TABLE syncd.cause_note (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    cause text NOT NULL CHECK (cause ~ '^[0-9a-f]{64}$'),
    actor text NOT NULL CHECK (actor <> ''),
    note  text NOT NULL CHECK (note <> '')
);
CREATE INDEX cause_note_by_cause ON syncd.cause_note (cause, id);
COMMENT ON COLUMN syncd.cause_note.cause IS 'SHA-256 of where it was found, its code, and what it names';

-- +goose Down
DROP TABLE syncd.cause_note;
