-- +goose Up
-- The ledger: what syncd did, does and knows of the other side. ARCHITECTURE.md tells the terms and the crash cases.
-- Every table names its target, directly or through its run. A released migration never changes.

CREATE TABLE syncd.target (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner     text NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    base_url    text NOT NULL,
    dossier     text NOT NULL,
    identity    text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (partner, environment, base_url, dossier)
);
COMMENT ON COLUMN syncd.target.identity IS 'whom the partner answers for (a SIRET); NULL while not told';

-- Fingerprints and sealed documents can only be read with the key that made them; a ledger has one.
CREATE TABLE syncd.ledger_key (
    key_id        text PRIMARY KEY,
    first_used_at timestamptz NOT NULL DEFAULT now(),
    singleton     boolean NOT NULL DEFAULT true UNIQUE CHECK (singleton)
);

-- A process that executes runs. It holds the session advisory lock of its id and confirms its heartbeat.
CREATE TABLE syncd.owner (
    id           bigint PRIMARY KEY,
    heartbeat_at timestamptz NOT NULL
);

CREATE TABLE syncd.run (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id             bigint NOT NULL REFERENCES syncd.target,
    job                   text NOT NULL,
    kind                  text NOT NULL CHECK (kind IN ('push-salaries', 'pull-dictionnaire')),
    period                text CHECK (period ~ '^20\d\d-(0[1-9]|1[0-2])$'),
    trigger               text NOT NULL CHECK (trigger IN ('manual', 'resume', 'schedule', 'catch-up', 'retry')),
    state                 text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'incomplete', 'failed', 'held', 'cancelled')),
    epoch                 integer NOT NULL DEFAULT 1,
    owner                 bigint,
    host                  text NOT NULL DEFAULT '',
    pid                   integer NOT NULL DEFAULT 0,
    employees             text[] NOT NULL DEFAULT '{}',
    requested_by          text NOT NULL DEFAULT '',
    version               text NOT NULL DEFAULT '',
    key_id                text NOT NULL REFERENCES syncd.ledger_key,
    config_digest         text NOT NULL,
    mapping_digest        text NOT NULL DEFAULT '',
    dictionaries_digest   text NOT NULL DEFAULT '',
    plan_digest           text NOT NULL DEFAULT '',
    approved_digest       text NOT NULL DEFAULT '',
    approved_by           text NOT NULL DEFAULT '',
    approved_reason       text NOT NULL DEFAULT '',
    failure_code          text NOT NULL DEFAULT '',
    failure_detail        text NOT NULL DEFAULT '',
    created_at            timestamptz NOT NULL DEFAULT now(),
    started_at            timestamptz,
    planned_at            timestamptz,
    finished_at           timestamptz,
    employees_read        integer NOT NULL DEFAULT 0,
    elements_read         integer NOT NULL DEFAULT 0,
    unchanged             integer NOT NULL DEFAULT 0,
    accepted              integer NOT NULL DEFAULT 0,
    rejected              integer NOT NULL DEFAULT 0,
    blocked               integer NOT NULL DEFAULT 0,
    held                  integer NOT NULL DEFAULT 0,
    uncertain             integer NOT NULL DEFAULT 0,
    superseded            integer NOT NULL DEFAULT 0,
    not_attempted         integer NOT NULL DEFAULT 0,
    elements_unchanged    integer NOT NULL DEFAULT 0,
    elements_in_documents integer NOT NULL DEFAULT 0,
    elements_blocked      integer NOT NULL DEFAULT 0,
    departed              integer NOT NULL DEFAULT 0,
    "left"                integer NOT NULL DEFAULT 0,
    findings              json,
    figures               bytea,
    failed_of             bigint,
    verify                boolean NOT NULL DEFAULT false,
    overwrite             boolean NOT NULL DEFAULT false,
    incarnation           text NOT NULL DEFAULT '',
    created               integer NOT NULL DEFAULT 0,
    updated               integer NOT NULL DEFAULT 0,
    repeated              integer NOT NULL DEFAULT 0,

    CONSTRAINT run_push_has_period CHECK ((kind = 'push-salaries') = (period IS NOT NULL)),
    CONSTRAINT run_running_has_owner CHECK ((state = 'running') = (owner IS NOT NULL)),
    CONSTRAINT run_ended_is_dated CHECK ((finished_at IS NOT NULL) = (state NOT IN ('queued', 'running'))),
    -- Every employee and every element that was read is accounted for.
    CONSTRAINT run_employees_add_up CHECK (finished_at IS NULL OR employees_read =
        unchanged + accepted + rejected + blocked + held + uncertain + superseded + not_attempted),
    CONSTRAINT run_elements_add_up CHECK (finished_at IS NULL OR elements_read = elements_in_documents + elements_blocked),
    -- Only unchanged and accepted make a success.
    CONSTRAINT run_success_is_whole CHECK (state <> 'succeeded' OR
        (employees_read = unchanged + accepted AND elements_blocked = 0 AND departed = 0))
);
CREATE UNIQUE INDEX run_one_at_a_time ON syncd.run (target_id) WHERE state = 'running';
COMMENT ON COLUMN syncd.run.findings IS 'what the guards found in its plan';
COMMENT ON COLUMN syncd.run.figures IS 'what it read, sealed, for the guards of later runs';
COMMENT ON COLUMN syncd.run.verify IS 'what the API holds is compared with what it acknowledged before it is planned';
COMMENT ON COLUMN syncd.run.overwrite IS 'and what the other side edited is sent over';
COMMENT ON COLUMN syncd.run.incarnation IS 'of the ledger that it was planned in: a restored one is another';
COMMENT ON COLUMN syncd.run.failed_of IS 'the run whose undelivered employees it is for';
CREATE INDEX run_by_target ON syncd.run (target_id, period, id);

CREATE TABLE syncd.item (
    run_id           bigint NOT NULL REFERENCES syncd.run,
    seq              integer NOT NULL,
    target_id        bigint NOT NULL, -- its run's
    period           text NOT NULL,
    key              text COLLATE "C" NOT NULL,
    state            text NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'rejected', 'blocked', 'held',
                                                    'uncertain', 'unsettled', 'superseded', 'departed', 'withdrawn', 'left')),
    -- An open item is one that may still change what the API holds.
    open             boolean NOT NULL GENERATED ALWAYS AS (state IN ('pending', 'sending', 'held', 'uncertain')) STORED,
    difference       text NOT NULL CHECK (difference IN ('+', '*', '=', '-', '!')),
    employees        integer NOT NULL,
    elements         integer NOT NULL,
    baseline_version bigint NOT NULL,
    ambiguous        boolean NOT NULL,
    not_before       timestamptz,
    deferred_epoch   integer,
    reason_code      text NOT NULL,
    reason_detail    text NOT NULL DEFAULT '',
    http_status      integer NOT NULL DEFAULT 0,
    attempts         integer NOT NULL DEFAULT 0,
    sent_at          timestamptz,
    answered_at      timestamptz,
    fingerprint      bytea,
    diff             json,
    problems         json,
    findings         json,
    payload          bytea,
    amounts          bytea,
    PRIMARY KEY (run_id, seq),
    CONSTRAINT item_payload_while_open CHECK ((payload IS NOT NULL) = (state IN ('pending', 'sending', 'held', 'uncertain'))),
    CONSTRAINT item_amounts_while_open CHECK (amounts IS NULL OR payload IS NOT NULL)
) WITH (fillfactor = 80, toast_tuple_target = 128);
ALTER TABLE syncd.item ALTER COLUMN diff SET STORAGE EXTERNAL, ALTER COLUMN payload SET STORAGE EXTERNAL,
    ALTER COLUMN amounts SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX item_one_open ON syncd.item (target_id, period, key) WHERE open;
CREATE INDEX item_by_key ON syncd.item (target_id, key);
COMMENT ON COLUMN syncd.item.payload IS 'the document to send, sealed; kept until its answer is known';
COMMENT ON COLUMN syncd.item.amounts IS 'totals of its elements and of those of the periods before, sealed';
COMMENT ON COLUMN syncd.item.not_before IS 'an earlier request may still be processed until then';

-- What the API last acknowledged, per target, employee and period; in doubt while something newer may have arrived.
CREATE TABLE syncd.baseline (
    target_id       bigint NOT NULL REFERENCES syncd.target,
    key             text COLLATE "C" NOT NULL,
    period          text NOT NULL,
    version         bigint NOT NULL,
    in_doubt        boolean NOT NULL,
    doubt_since     timestamptz,
    departure_noted boolean NOT NULL DEFAULT false,
    withdrawn       boolean NOT NULL DEFAULT false,
    fingerprint     bytea,
    key_id          text,
    run_id          bigint, -- that sent it; the baseline outlives runs
    acknowledged_at timestamptz,
    document        bytea,
    amounts         bytea,
    PRIMARY KEY (target_id, key, period),
    CONSTRAINT baseline_acknowledged_is_whole CHECK ((version > 0) = (fingerprint IS NOT NULL) AND (version > 0) = (document IS NOT NULL)),
    CONSTRAINT baseline_is_known_or_in_doubt CHECK (version > 0 OR in_doubt OR withdrawn),
    CONSTRAINT baseline_doubt_is_dated CHECK (in_doubt = (doubt_since IS NOT NULL))
    -- Documents lie apart, so that a plan reads fingerprints alone.
) WITH (fillfactor = 80, toast_tuple_target = 128);
CREATE INDEX baseline_noted ON syncd.baseline (target_id, period) WHERE departure_noted;
ALTER TABLE syncd.baseline ALTER COLUMN document SET STORAGE EXTERNAL, ALTER COLUMN amounts SET STORAGE EXTERNAL;
COMMENT ON COLUMN syncd.baseline.withdrawn IS 'a person took it back at the other side; the version goes on counting';
COMMENT ON COLUMN syncd.baseline.amounts IS 'totals of its elements and of those of the periods before, sealed';
COMMENT ON COLUMN syncd.baseline.version IS 'counts acknowledgements; 0 = none yet, and so in doubt';

CREATE TABLE syncd.dictionary_entry (
    target_id  bigint NOT NULL REFERENCES syncd.target,
    name       text COLLATE "C" NOT NULL,
    code       text COLLATE "C" NOT NULL,
    label      text NOT NULL,
    active     boolean NOT NULL,
    changed_by bigint NOT NULL REFERENCES syncd.run,
    PRIMARY KEY (target_id, name, code)
);

CREATE TABLE syncd.dictionary_change (
    run_id     bigint NOT NULL REFERENCES syncd.run,
    name       text COLLATE "C" NOT NULL,
    code       text COLLATE "C" NOT NULL,
    difference text NOT NULL CHECK (difference IN ('+', '*', '-')),
    old_label  text NOT NULL,
    new_label  text NOT NULL,
    PRIMARY KEY (run_id, name, code)
);

-- +goose Down
DROP TABLE syncd.dictionary_change, syncd.dictionary_entry, syncd.baseline, syncd.item, syncd.run, syncd.owner,
    syncd.ledger_key, syncd.target;
