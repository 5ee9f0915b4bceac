-- +goose Up
-- What runs read of a partner's records (jobs.Gathered), and what became of single ones. The records themselves are in the schema inbox.
ALTER TABLE syncd.run
    ADD COLUMN records_read    integer NOT NULL DEFAULT 0,
    ADD COLUMN records_new     integer NOT NULL DEFAULT 0,
    ADD COLUMN records_changed integer NOT NULL DEFAULT 0,
    ADD COLUMN records_same    integer NOT NULL DEFAULT 0,
    ADD COLUMN records_refused integer NOT NULL DEFAULT 0,
    ADD COLUMN records_gone    integer NOT NULL DEFAULT 0,
    ADD COLUMN records_foreign integer NOT NULL DEFAULT 0,
    ADD COLUMN files_missing   integer NOT NULL DEFAULT 0,
    ADD COLUMN unacknowledged  integer NOT NULL DEFAULT 0,
    ADD COLUMN unsettled       integer NOT NULL DEFAULT 0,
    ADD COLUMN collections     json;
COMMENT ON COLUMN syncd.run.collections IS 'the same, and more, by collection';
ALTER TABLE syncd.run DROP CONSTRAINT run_success_is_whole,
    ADD CONSTRAINT run_success_is_whole CHECK (state <> 'succeeded' OR
        (employees_read = unchanged + accepted AND elements_blocked = 0 AND departed = 0
         AND records_refused + files_missing + unacknowledged + unsettled = 0)),
    ADD CONSTRAINT run_records_add_up CHECK (finished_at IS NULL OR records_read =
        records_new + records_changed + records_same + records_refused);

CREATE TABLE syncd.run_record (
    run_id        bigint NOT NULL REFERENCES syncd.run,
    collection    text NOT NULL,
    key           text COLLATE "C" NOT NULL,
    difference    text NOT NULL CHECK (difference IN ('+', '*', '=', '-', '!')),
    reason_code   text NOT NULL DEFAULT '',
    reason_detail text NOT NULL DEFAULT '',
    ack           text NOT NULL DEFAULT '' CHECK (ack IN ('', 'done', 'failed', 'closed')),
    PRIMARY KEY (run_id, collection, key)
);
COMMENT ON COLUMN syncd.run_record.key IS 'of one that has none that can be used, its place: "(page 4, 17)"';
COMMENT ON COLUMN syncd.run_record.difference IS 'as of an item; unchanged ones are there for what became of their acknowledgement alone';

-- What a partner granted for a secret, and what it refused. All of it is sealed or hashed.
CREATE TABLE syncd.credential (
    target_id     bigint PRIMARY KEY REFERENCES syncd.target,
    version       bigint NOT NULL DEFAULT 0,
    key_id        text REFERENCES syncd.ledger_key,
    secret        bytea,
    access        bytea,
    refresh       bytea,
    access_until  timestamptz,
    refresh_until timestamptz,
    spent         boolean NOT NULL DEFAULT false,
    tries         integer NOT NULL DEFAULT 0,
    tried_at      timestamptz,
    holder        bigint,
    held_until    timestamptz,
    refused       bytea,
    refused_at    timestamptz,
    CONSTRAINT credential_hold_ends CHECK ((holder IS NULL) = (held_until IS NULL)),
    CONSTRAINT credential_refusal_is_dated CHECK ((refused IS NULL) = (refused_at IS NULL)),
    CONSTRAINT credential_sealed_by_a_key CHECK (access IS NULL AND refresh IS NULL OR key_id IS NOT NULL)
);
COMMENT ON COLUMN syncd.credential.secret IS 'keyed hash of the secret that the tokens were granted for';
COMMENT ON COLUMN syncd.credential.spent IS 'the refresh token left, or may have: it is never sent again';
COMMENT ON COLUMN syncd.credential.holder IS 'who asks for new tokens, until held_until';
COMMENT ON COLUMN syncd.credential.refused IS 'keyed hash of a secret that the partner refused';

-- +goose Down
DROP TABLE syncd.credential, syncd.run_record;
ALTER TABLE syncd.run DROP CONSTRAINT run_records_add_up, DROP CONSTRAINT run_success_is_whole,
    ADD CONSTRAINT run_success_is_whole CHECK (state <> 'succeeded' OR
        (employees_read = unchanged + accepted AND elements_blocked = 0 AND departed = 0)),
    DROP COLUMN records_read, DROP COLUMN records_new, DROP COLUMN records_changed, DROP COLUMN records_same, DROP COLUMN records_refused,
    DROP COLUMN records_gone, DROP COLUMN records_foreign, DROP COLUMN files_missing, DROP COLUMN unacknowledged, DROP COLUMN unsettled,
    DROP COLUMN collections;
