-- +goose Up
-- The ledger key can be changed, and one person can be forgotten.

ALTER TABLE syncd.ledger_key ADD COLUMN becoming text;
COMMENT ON COLUMN syncd.ledger_key.becoming IS 'the key that it is being changed to: nothing is executed or decided meanwhile';

-- Who was erased, by a name that only the ledger key can make from a matricule, and for what was sent: so that nobody is paid
-- twice because nobody remembers.
CREATE TABLE syncd.forgotten (
    target_id bigint NOT NULL REFERENCES syncd.target,
    name      text NOT NULL,
    period    text NOT NULL,
    PRIMARY KEY (target_id, name, period)
);

-- +goose Down
DROP TABLE syncd.forgotten;
ALTER TABLE syncd.ledger_key DROP COLUMN becoming;
