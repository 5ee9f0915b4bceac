-- +goose Up
-- What happens and neither lasts nor ends is told once: then it is done.
ALTER TABLE syncd.account_event ADD COLUMN told_at timestamptz;
COMMENT ON COLUMN syncd.account_event.told_at IS 'when its message was made, or when there was nobody to be told; NULL = not yet';
UPDATE syncd.account_event e SET told_at = e.at
WHERE EXISTS (SELECT FROM syncd.alert a WHERE split_part(a.subject, '|', 7) = e.id::text);

-- When any daemon gave a sign of life last, whether it has ended since or died.
CREATE TABLE syncd.daemon_sign (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    at        timestamptz NOT NULL
);
INSERT INTO syncd.daemon_sign (at) SELECT max(seen_at) FROM syncd.daemon HAVING max(seen_at) IS NOT NULL;

-- For how long no daemon lived: nobody could tell it then, and the first one that returns does.
CREATE TABLE syncd.daemon_gap (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since   timestamptz NOT NULL,
    until   timestamptz NOT NULL,
    told_at timestamptz
);

-- Whom a decision names, whatever the dossier.
CREATE INDEX audit_by_employee ON syncd.audit USING gin (employees);

-- +goose Down
DROP INDEX syncd.audit_by_employee;
DROP TABLE syncd.daemon_gap, syncd.daemon_sign;
ALTER TABLE syncd.account_event DROP COLUMN told_at;
