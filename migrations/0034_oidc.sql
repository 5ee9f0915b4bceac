-- +goose Up
-- Who signs in at an issuer of OpenID Connect. An account is known there by issuer and subject: by no e-mail address, which others may
-- get.
ALTER TABLE syncd.account ADD COLUMN issuer text, ADD COLUMN subject text,
    ADD CONSTRAINT account_identity_key UNIQUE (issuer, subject),
    ADD CONSTRAINT account_identity_is_whole CHECK ((issuer IS NULL) = (subject IS NULL) AND issuer <> '' AND subject <> '');

-- One row for each browser that was sent to the issuer; who comes back takes it, once.
CREATE TABLE syncd.login_flow (
    hash     bytea PRIMARY KEY CHECK (length(hash) = 32),
    purpose  text NOT NULL CHECK (purpose IN ('login', 'link', 'prove')),
    next     text NOT NULL,
    of       bytea CHECK (length(of) = 32),
    address  text NOT NULL,
    begun_at timestamptz NOT NULL,
    CONSTRAINT login_flow_is_of CHECK ((of IS NULL) = (purpose = 'login'))
);
CREATE INDEX login_flow_by_address ON syncd.login_flow (address, begun_at);
CREATE INDEX login_flow_by_time ON syncd.login_flow (begun_at);
COMMENT ON COLUMN syncd.login_flow.hash IS 'SHA-256 of what the browser has';
COMMENT ON COLUMN syncd.login_flow.next IS 'the path of the page that it leads to';
COMMENT ON COLUMN syncd.login_flow.of IS 'the invitation that links an account, or the session whose person proves it anew';

-- +goose Down
DROP TABLE syncd.login_flow;
ALTER TABLE syncd.account DROP COLUMN issuer, DROP COLUMN subject;
