-- +goose Up
-- What a partner refused of a target, of each secret by itself: two processes may be configured with different wrong ones, and to
-- try them by turns locks an account.
CREATE TABLE syncd.refused_secret (
    target_id  bigint NOT NULL REFERENCES syncd.credential,
    secret     bytea NOT NULL,
    refused_at timestamptz NOT NULL,
    PRIMARY KEY (target_id, secret)
);
COMMENT ON COLUMN syncd.refused_secret.secret IS 'keyed hash of a secret that the partner refused';
INSERT INTO syncd.refused_secret SELECT target_id, refused, refused_at FROM syncd.credential WHERE refused IS NOT NULL;
ALTER TABLE syncd.credential DROP COLUMN refused, DROP COLUMN refused_at;

-- +goose Down
ALTER TABLE syncd.credential ADD COLUMN refused bytea, ADD COLUMN refused_at timestamptz,
    ADD CONSTRAINT credential_refusal_is_dated CHECK ((refused IS NULL) = (refused_at IS NULL));
COMMENT ON COLUMN syncd.credential.refused IS 'keyed hash of a secret that the partner refused';
UPDATE syncd.credential c SET refused = r.secret, refused_at = r.refused_at
FROM (SELECT DISTINCT ON (target_id) target_id, secret, refused_at FROM syncd.refused_secret ORDER BY target_id, refused_at DESC) r
WHERE r.target_id = c.target_id;
DROP TABLE syncd.refused_secret;
