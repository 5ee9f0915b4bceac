-- +goose Up
-- The people of the operators' page, and who decided by which door.

CREATE TABLE syncd.account (
    name        text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    label       text NOT NULL DEFAULT '',
    login text UNIQUE CHECK (login <> ''),
    email       text NOT NULL DEFAULT '',
    language    text NOT NULL DEFAULT '' CHECK (language IN ('', 'fr', 'en')),
    password    text,
    totp        bytea,
    totp_step   bigint NOT NULL DEFAULT 0,
    disabled_at timestamptz,
    made_at     timestamptz NOT NULL,
    made_by     text NOT NULL CHECK (made_by <> ''),
    CONSTRAINT account_proof_is_whole CHECK ((password IS NULL) = (totp IS NULL))
);
COMMENT ON COLUMN syncd.account.login IS 'by whom its person types commands: the same person, for a second one';
COMMENT ON COLUMN syncd.account.password IS 'argon2id, with its salt and parameters; NULL = an invitation waits, or nobody can sign in';
COMMENT ON COLUMN syncd.account.totp IS 'the secret of its codes, sealed';
COMMENT ON COLUMN syncd.account.totp_step IS 'the last step of time of which a code was taken: an earlier one is refused';

CREATE TABLE syncd.account_role (
    account text NOT NULL REFERENCES syncd.account ON DELETE CASCADE,
    role    text NOT NULL CHECK (role IN ('read', 'prepare', 'approve', 'admin')),
    dossier text NOT NULL, -- '' = all
    PRIMARY KEY (account, role, dossier)
);

CREATE TABLE syncd.invitation (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    account    text NOT NULL UNIQUE REFERENCES syncd.account ON DELETE CASCADE,
    totp       bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE syncd.invitation IS 'one of an account at most; it is deleted when it is used';
COMMENT ON COLUMN syncd.invitation.totp IS 'the secret that the account gets, sealed';

CREATE TABLE syncd.session (
    hash      bytea PRIMARY KEY CHECK (length(hash) = 32),
    id        bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    account   text NOT NULL REFERENCES syncd.account ON DELETE CASCADE,
    made_at   timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,
    proved_at timestamptz NOT NULL,
    proof     text NOT NULL,
    address   text NOT NULL,
    agent     text NOT NULL
);
CREATE INDEX session_by_account ON syncd.session (account);
COMMENT ON COLUMN syncd.session.hash IS 'SHA-256 of what the browser has';
COMMENT ON COLUMN syncd.session.proof IS 'how the person last proved who that is';

-- An attempt is recorded before it is judged, and deleted when it succeeds: one that is never judged counts.
CREATE TABLE syncd.login_failure (
    who     bytea NOT NULL, -- keyed hash of the name that was typed, which may be a password
    account text REFERENCES syncd.account ON DELETE CASCADE, -- NULL = there is none of that name
    address text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX login_failure_by_name ON syncd.login_failure (who, at);
CREATE INDEX login_failure_by_address ON syncd.login_failure (address, at);

CREATE TABLE syncd.login_place (
    account  text NOT NULL REFERENCES syncd.account ON DELETE CASCADE,
    address  text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (account, address)
);
COMMENT ON TABLE syncd.login_place IS 'from where somebody has signed in: failures elsewhere do not slow them down there';

ALTER TABLE syncd.audit
    ADD COLUMN account text NOT NULL DEFAULT '',
    ADD COLUMN channel text NOT NULL DEFAULT '',
    ADD COLUMN proof   text NOT NULL DEFAULT '';
COMMENT ON COLUMN syncd.audit.account IS 'of the person: who signed in, or whose system user typed the command; empty = none';
ALTER TABLE syncd.run ADD COLUMN requested_account text NOT NULL DEFAULT '', ADD COLUMN requested_system text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE syncd.run DROP COLUMN requested_account, DROP COLUMN requested_system;
ALTER TABLE syncd.audit DROP COLUMN account, DROP COLUMN channel, DROP COLUMN proof;
DROP TABLE syncd.login_place, syncd.login_failure, syncd.session, syncd.invitation, syncd.account_role, syncd.account;
