-- +goose Up
-- A person looks at what would be sent, and lets a daemon send it. What goes is planned then: another plan waits for a person.
ALTER TABLE syncd.run ADD COLUMN previewed_digest text NOT NULL DEFAULT '';
COMMENT ON COLUMN syncd.run.previewed_digest IS 'digest of the plan that the person saw who queued the run; empty: they saw none';

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN previewed_digest;
