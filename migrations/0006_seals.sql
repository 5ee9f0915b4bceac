-- +goose Up
-- What is sealed is bound to the item that it was planned as, and what may be sent to a decision that no UPDATE can make.

ALTER TABLE syncd.ledger_key ADD COLUMN unbound text CHECK (unbound IN ('all', 'kept'));
UPDATE syncd.ledger_key SET unbound = 'all';
COMMENT ON COLUMN syncd.ledger_key.unbound IS 'what may still be sealed with it without being bound to an item: all, or only what is kept and not sent';

ALTER TABLE syncd.baseline ADD COLUMN seq integer;
COMMENT ON COLUMN syncd.baseline.seq IS 'of the item of run_id that the document was sealed for; NULL = for none';

ALTER TABLE syncd.run ADD COLUMN release bytea, ADD COLUMN approval bigint;
COMMENT ON COLUMN syncd.run.release IS 'keyed proof that what was planned may be sent: nothing held it, or a person approved it';
COMMENT ON COLUMN syncd.run.approval IS 'the line of the trail in which a person did';

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN approval, DROP COLUMN release;
ALTER TABLE syncd.baseline DROP COLUMN seq;
ALTER TABLE syncd.ledger_key DROP COLUMN unbound;
