-- +goose Up
-- What is sealed is not kept for ever: documents of those who left are removed, one person can be forgotten, and the
-- ledger key can be changed. What is then left tells whether something was sent before, and nothing else.

ALTER TABLE syncd.ledger_key ALTER COLUMN singleton DROP NOT NULL, ADD COLUMN lasting bytea;
COMMENT ON COLUMN syncd.ledger_key.singleton IS 'true = the key of the ledger; NULL = the one that it is being changed to';
COMMENT ON COLUMN syncd.ledger_key.lasting IS 'a key that outlives it, sealed: of keyed hashes whose documents are removed';

ALTER TABLE syncd.baseline ADD COLUMN gone_since timestamptz, ADD COLUMN removed boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT baseline_acknowledged_is_whole,
    ADD CONSTRAINT baseline_acknowledged_is_whole CHECK ((version > 0) = (fingerprint IS NOT NULL)
        AND (version > 0 AND NOT removed) = (document IS NOT NULL) AND (amounts IS NULL OR document IS NOT NULL));
UPDATE syncd.baseline SET gone_since = clock_timestamp() WHERE departure_noted OR withdrawn;
COMMENT ON COLUMN syncd.baseline.gone_since IS 'when a run noted, or a person said, that this employee has gone; NULL = still there as far as is known';
COMMENT ON COLUMN syncd.baseline.removed IS 'the document is past its time; the fingerprint is then one by the lasting key';

-- Values that two employees must not share, of those whose documents were removed.
CREATE TABLE syncd.trace (
    target_id bigint NOT NULL REFERENCES syncd.target,
    key       text COLLATE "C" NOT NULL,
    path      text NOT NULL,
    mac       bytea NOT NULL,
    PRIMARY KEY (target_id, mac, key)
);
CREATE INDEX trace_by_key ON syncd.trace (target_id, key);
COMMENT ON COLUMN syncd.trace.mac IS 'of the value at path, by the lasting key: it can be recognised, and not read';

-- +goose Down
DROP TABLE syncd.trace;
ALTER TABLE syncd.baseline DROP CONSTRAINT baseline_acknowledged_is_whole;
DELETE FROM syncd.baseline WHERE removed;
ALTER TABLE syncd.baseline DROP COLUMN removed, DROP COLUMN gone_since,
    ADD CONSTRAINT baseline_acknowledged_is_whole CHECK ((version > 0) = (fingerprint IS NOT NULL) AND (version > 0) = (document IS NOT NULL));
ALTER TABLE syncd.ledger_key DROP COLUMN lasting;
DELETE FROM syncd.ledger_key WHERE singleton IS NULL;
ALTER TABLE syncd.ledger_key ALTER COLUMN singleton SET NOT NULL;
