-- +goose Up
-- Who started a run are all who asked for it, or for it to go on, as they were known then: 'account:NAME' and 'login:NAME'. To link an
-- account to another system user later makes nobody a second person.
ALTER TABLE syncd.run DROP COLUMN requested_account, DROP COLUMN requested_system,
    ADD COLUMN started_by text[] NOT NULL DEFAULT '{}',
    ADD COLUMN second_person text NOT NULL DEFAULT '' CHECK (second_person IN ('', 'held', 'always'));
COMMENT ON COLUMN syncd.run.second_person IS 'what who started it may not do, as the plan was made; empty = they may do all';
UPDATE syncd.run SET started_by = ARRAY['login:' || split_part(requested_by, ' (as ', 1)] WHERE requested_by <> '';

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN started_by, DROP COLUMN second_person,
    ADD COLUMN requested_account text NOT NULL DEFAULT '', ADD COLUMN requested_system text NOT NULL DEFAULT '';
