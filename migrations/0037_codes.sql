-- +goose Up
-- Who signs in at an issuer alone may have codes as well, and no password: an issuer need not tell when somebody signed in there.
ALTER TABLE syncd.account DROP CONSTRAINT account_proof_is_whole,
    ADD CONSTRAINT account_password_has_codes CHECK (password IS NULL OR totp IS NOT NULL);
ALTER TABLE syncd.login_flow ADD COLUMN totp_step bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN syncd.login_flow.totp_step IS 'of the code that was typed along with the invitation; 0 = none was';

-- +goose Down
UPDATE syncd.account SET totp = NULL WHERE password IS NULL;
ALTER TABLE syncd.login_flow DROP COLUMN totp_step;
ALTER TABLE syncd.account DROP CONSTRAINT account_password_has_codes,
    ADD CONSTRAINT account_proof_is_whole CHECK ((password IS NULL) = (totp IS NULL));
