-- +goose Up
-- What documents are sent to, and what sending them means there: an acknowledgement is worth nothing at another address.

CREATE TABLE syncd.form (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id bigint NOT NULL REFERENCES syncd.target,
    digest    text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    method    text NOT NULL,
    path      text NOT NULL,
    key_in    text NOT NULL,
    key_name  text NOT NULL,
    semantics text NOT NULL,
    scope     text NOT NULL,
    UNIQUE (target_id, digest)
);
COMMENT ON TABLE syncd.form IS 'the calls by which a target was sent something: a path template, and no secret';

ALTER TABLE syncd.run
    ADD COLUMN form   text NOT NULL DEFAULT '',
    ADD COLUMN resend text NOT NULL DEFAULT '';
COMMENT ON COLUMN syncd.run.form IS 'digest of the form that it was planned for';
COMMENT ON COLUMN syncd.run.resend IS 'why everyone is sent again, changed or not; empty = only what differs';

ALTER TABLE syncd.baseline ADD COLUMN form_id bigint; -- forms stay, so that no row is asked about
COMMENT ON COLUMN syncd.baseline.form_id IS 'that it was acknowledged under; NULL = the target''s first';

-- +goose Down
ALTER TABLE syncd.baseline DROP COLUMN form_id;
ALTER TABLE syncd.run DROP COLUMN resend, DROP COLUMN form;
DROP TABLE syncd.form;
