-- What the operators' page (syncd web) may do in the ledger: the rights of the role in syncd.page_role, which syncd_web is. 'syncd
-- migrate' runs this as the ledger's owner, each time and whether or not there is anything to migrate. What is not listed it may not:
-- neither the tokens of partners, nor a change of the audit, of accounts, of roles, of who started a run or of what is already said.
DO $$
DECLARE
    page text := current_setting('syncd.page_role');
    own  regclass;
    part name;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = page) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA syncd FROM %I', page);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA syncd FROM %I', page);
    EXECUTE format('GRANT USAGE ON SCHEMA syncd TO %I', page);
    -- Rights on columns outlive those on the table, and are taken back column by column.
    FOR own, part IN SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'syncd'::regnamespace AND c.relkind = 'r' AND a.attacl IS NOT NULL LOOP
        EXECUTE format('REVOKE ALL (%I) ON %s FROM %I', part, own, page);
    END LOOP;

    -- It reads what is recorded. Not: credential, refused_secret, answered, allowance.
    FOR own IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'syncd'::regnamespace AND c.relkind = 'r' AND c.relname = ANY (ARRAY[
        'goose_db_version', 'ledger_key', 'incarnation', 'clock', 'owner', 'daemon', 'target', 'sharing', 'form', 'trace', 'forgotten', 'api', 'contract',
        'run', 'item', 'baseline', 'run_sums', 'run_record', 'dictionary_entry', 'dictionary_change', 'impact', 'closed_period', 'audit',
        'schedule', 'fire', 'pause', 'alert', 'alert_message', 'alert_told', 'alert_silence', 'reading', 'cause_note',
        'account', 'account_role', 'invitation', 'session', 'login_failure', 'login_place', 'login_flow', 'account_event']) LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', own, page);
    END LOOP;
    EXECUTE format('GRANT SELECT ON SEQUENCE syncd.run_id_seq TO %I', page);

    -- Decisions. When they were made is the database's to say.
    EXECUTE format('GRANT INSERT (actor, decision, target_id, job, period, run_id, employees, reason, detail, facts, host, version,
        config_digest, account, channel, proof) ON syncd.audit TO %I', page);
    EXECUTE format('GRANT UPDATE (first_used_at) ON syncd.ledger_key TO %I', page); -- keeps the key from being changed meanwhile
    EXECUTE format('GRANT UPDATE (siret), INSERT ON syncd.target TO %I', page);
    EXECUTE format('GRANT INSERT ON syncd.run, syncd.pause, syncd.closed_period, syncd.sharing TO %I', page);
    EXECUTE format('GRANT DELETE ON syncd.pause, syncd.baseline TO %I', page);
    EXECUTE format('GRANT UPDATE (reopened_at, reopened_by, reopened_reason, open_until, closed_at, closed_by, reason)
        ON syncd.closed_period TO %I', page);
    EXECUTE format('GRANT INSERT (partner, environment, base_url), UPDATE (partner, accepted_digest, accepted_at, accepted_by, accepted_reason)
        ON syncd.api TO %I', page);
    EXECUTE format('GRANT UPDATE (state, trigger, unattended, owner, postponed, takeovers, nominal_at, not_before, deadline_at, finished_at,
        approval, approved_digest, approved_by, approved_reason, release, started_by, cancelling, cancelled_by, cancelled_reason, findings,
        failure_code, failure_detail, failure_args, failure_problems, accepted, rejected, blocked, held, uncertain, superseded,
        not_attempted, departed, "left", elements_in_documents, elements_blocked) ON syncd.run TO %I', page);
    EXECUTE format('GRANT UPDATE (state, payload, amounts, fingerprint, problems, findings, reason_code, reason_detail, ambiguous,
        not_before, deferred_epoch) ON syncd.item TO %I', page);
    EXECUTE format('GRANT UPDATE (version, in_doubt, doubt_since, departure_noted, withdrawn, gone_since, removed, fingerprint, document,
        amounts, key_id, form_id, run_id, seq, acknowledged_at) ON syncd.baseline TO %I', page);
    EXECUTE format('GRANT INSERT ON syncd.cause_note TO %I', page);
    EXECUTE format('GRANT INSERT ON syncd.reading TO %I', page);
    EXECUTE format('GRANT INSERT (recipient, made_at, not_before) ON syncd.alert_message TO %I', page); -- a test, which a daemon sends

    -- Who signs in. Who there is, and what they may do, the command line alone changes.
    EXECUTE format('GRANT UPDATE (password, totp, totp_step, issuer, subject) ON syncd.account TO %I', page);
    EXECUTE format('GRANT DELETE ON syncd.invitation TO %I', page);
    EXECUTE format('GRANT INSERT, DELETE, UPDATE (seen_at, proved_at, proof) ON syncd.session TO %I', page);
    EXECUTE format('GRANT INSERT, DELETE ON syncd.login_failure, syncd.login_flow TO %I', page);
    EXECUTE format('GRANT INSERT, UPDATE (last_at) ON syncd.login_place TO %I', page);
    EXECUTE format('GRANT INSERT (account, kind, address) ON syncd.account_event TO %I', page);
END
$$;

-- What was read of partners: records, and not the files' contents nor where the reading stands.
DO $$
DECLARE
    page text := current_setting('syncd.page_role');
    own  regclass;
BEGIN
    IF to_regnamespace('inbox') IS NULL OR NOT has_schema_privilege('inbox', 'CREATE') OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = page) THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA inbox TO %I', page);
    FOR own IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'inbox'::regnamespace AND c.relkind IN ('r', 'v')
        AND c.relname NOT IN ('part', 'cursor') LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', own, page);
    END LOOP;
END
$$;
