-- +goose Up
-- What the API says of itself: its contract, for all dossiers of one address.

CREATE TABLE syncd.api (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner         text NOT NULL,
    environment     text NOT NULL,
    base_url        text NOT NULL,
    asked_at        timestamptz,
    place           text NOT NULL DEFAULT '',
    problem         text NOT NULL DEFAULT '',
    accepted_digest text NOT NULL DEFAULT '',
    accepted_at     timestamptz,
    accepted_by     text NOT NULL DEFAULT '',
    accepted_reason text NOT NULL DEFAULT '',
    UNIQUE (partner, environment, base_url),
    CONSTRAINT api_accepted_is_whole CHECK ((accepted_digest = '') = (accepted_at IS NULL))
);
COMMENT ON TABLE syncd.api IS 'a partner''s API as a whole: it holds nothing of any dossier';
COMMENT ON COLUMN syncd.api.asked_at IS 'when it was last asked for its contract';
COMMENT ON COLUMN syncd.api.place IS 'where the contract was last found';
COMMENT ON COLUMN syncd.api.problem IS 'why none was found when it was last asked; empty = one was';
COMMENT ON COLUMN syncd.api.accepted_digest IS 'the contract under which is sent; empty = none was seen yet';
COMMENT ON COLUMN syncd.api.accepted_by IS 'who accepted what it changed; empty = it broke nothing';

CREATE TABLE syncd.contract (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    api_id     bigint NOT NULL REFERENCES syncd.api,
    digest     text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    document   bytea NOT NULL,
    place      text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (api_id, digest)
);
COMMENT ON TABLE syncd.contract IS 'Swagger or OpenAPI documents as they were found, by digest';
COMMENT ON COLUMN syncd.contract.last_seen IS 'the newest is in force';

ALTER TABLE syncd.run ADD COLUMN contract text NOT NULL DEFAULT '';
COMMENT ON COLUMN syncd.run.contract IS 'digest of the contract that its documents were checked against when it was planned';

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN contract;
DROP TABLE syncd.contract, syncd.api;
