-- +goose Up
-- What changed last is listed first: without this, all that was ever read is read to sort it.
CREATE INDEX record_changed ON inbox.record (changed_at);

-- +goose Down
DROP INDEX inbox.record_changed;
