-- +goose Up
-- Who is told of what: conditions as long as they last, and an outbox of which each message is sent once over all processes.
CREATE TABLE syncd.alert (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject     text NOT NULL,
    condition   jsonb NOT NULL,
    stage       integer NOT NULL,
    since       timestamptz NOT NULL,
    staged_at   timestamptz NOT NULL,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX alert_one_open ON syncd.alert (subject) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_end ON syncd.alert (resolved_at);
COMMENT ON COLUMN syncd.alert.subject IS 'tells conditions apart: kind, job, dossier, environment, period, name';
COMMENT ON COLUMN syncd.alert.condition IS 'of what and whom it is, and what is told of it: never people';
COMMENT ON COLUMN syncd.alert.stage IS 'what it has come to: each is told anew';

CREATE TABLE syncd.alert_message (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient  text NOT NULL,
    purpose    text NOT NULL CHECK (purpose IN ('alarm', 'reminder', 'recovery', 'test')),
    urgent     boolean NOT NULL,
    name       text NOT NULL UNIQUE,
    threads    text[] NOT NULL,
    content    jsonb NOT NULL,
    made_at    timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'given-up')),
    attempts   integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    taken_at   timestamptz,
    sent_at    timestamptz,
    trouble    text NOT NULL DEFAULT '',
    CONSTRAINT alert_message_sent_is_dated CHECK ((sent_at IS NOT NULL) = (state = 'sent'))
);
CREATE INDEX alert_message_unsent ON syncd.alert_message (id) WHERE state IN ('pending', 'sending');
CREATE INDEX alert_message_by_recipient ON syncd.alert_message (recipient, made_at);
COMMENT ON COLUMN syncd.alert_message.recipient IS 'by the name that the configuration has: the address is nowhere in the ledger';
COMMENT ON COLUMN syncd.alert_message.name IS 'its Message-ID, the same at each attempt';
COMMENT ON COLUMN syncd.alert_message.threads IS 'names of the messages that it goes on with';
COMMENT ON COLUMN syncd.alert_message.content IS 'codes and numbers: words are made of them when it is sent';
COMMENT ON COLUMN syncd.alert_message.taken_at IS 'when a process set about sending it, by the clock of the ledger';

CREATE TABLE syncd.alert_told (
    alert_id  bigint NOT NULL REFERENCES syncd.alert ON DELETE CASCADE,
    recipient text NOT NULL,
    stage     integer NOT NULL,
    thread    text NOT NULL,
    told_at   timestamptz NOT NULL,
    recovered boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alert_id, recipient)
);
CREATE INDEX alert_unrecovered ON syncd.alert_told (alert_id) WHERE NOT recovered;
COMMENT ON COLUMN syncd.alert_told.thread IS 'name of the message that told it first';

CREATE TABLE syncd.alert_silence (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL,
    job      text NOT NULL,
    dossier  text NOT NULL,
    since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    until    timestamptz NOT NULL,
    by       text NOT NULL,
    reason   text NOT NULL,
    ended_at timestamptz
);
COMMENT ON TABLE syncd.alert_silence IS 'what is not told until a time; an empty kind, job or dossier limits nothing';

-- When alerts were last decided: by one process a minute, whatever number of them there is. What had begun long before they were
-- for the first time, or before the ledger was put back, alarms nobody.
CREATE TABLE syncd.alert_turn (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    turned_at timestamptz NOT NULL,
    armed_at  timestamptz
);
INSERT INTO syncd.alert_turn (turned_at) VALUES ('-infinity');

-- +goose Down
DROP TABLE syncd.alert_turn, syncd.alert_silence, syncd.alert_told, syncd.alert_message, syncd.alert;
