-- Least-privilege roles. Like staging.sql this is a start, to adapt, and not a migration of syncd. Run it as a
-- superuser, in the database that holds both schemas, as often as you like:
--
--     psql -d paie -f staging.sql
--     psql -d paie -f roles.sql
--
--   syncd           the program: owns the schemas syncd (its ledger) and inbox (what it read of partners), may only read in staging.
--   inbox_reader    a group for people and reports: may read the schema inbox, in clear text. It cannot log in itself; put logins
--                   in it:  GRANT inbox_reader TO marie;
--   syncd_web       the operators' page (docs/page.md): may read and decide in the ledger, as 'syncd migrate' grants it, and read in staging.
--   staging_writer  a group for the import: may fill and empty the tables of staging. It cannot log in itself; make a
--                   login for your import and put it in:  CREATE ROLE import_paie LOGIN IN ROLE staging_writer;
--
-- No password is set here. Over the local socket Debian's "peer" rule lets the system user syncd in as the role syncd.
-- Otherwise give it one with psql's  \password syncd  which, unlike ALTER ROLE, writes no password to the log.
--
-- To adapt: other tables or views that syncd is to read need GRANT USAGE on their schema and GRANT SELECT. If staging
-- is in another database (staging_url), run the part of the schema syncd here and the rest there. By default every role
-- may connect to every database: where nobody else needs this one, add  REVOKE CONNECT ON DATABASE paie FROM PUBLIC.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncd') THEN
        CREATE ROLE syncd LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'staging_writer') THEN
        CREATE ROLE staging_writer NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncd_web') THEN
        CREATE ROLE syncd_web LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'inbox_reader') THEN
        CREATE ROLE inbox_reader NOLOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO syncd, syncd_web, staging_writer, inbox_reader', current_database());
END
$$;

-- A role that has more rights loses them, and so does who else may use staging, unless  SET syncd.keep_roles = 'on'  stands
-- before this.
DO $$
BEGIN
    IF current_setting('syncd.keep_roles', true) IS DISTINCT FROM 'on' THEN
        ALTER ROLE syncd NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        ALTER ROLE syncd_web NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        ALTER ROLE staging_writer NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        ALTER ROLE inbox_reader NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END
$$;

-- The ledger. syncd makes its tables itself (syncd migrate), in a schema that is its own, so it needs no right to create
-- schemas in the database.
CREATE SCHEMA IF NOT EXISTS syncd AUTHORIZATION syncd;
ALTER SCHEMA syncd OWNER TO syncd;
-- A ledger that another role has made before is handed over. Whoever owns it, nobody has the right to change the audit of
-- decisions: lines are only added.
DO $$
DECLARE
    handed regclass;
    routine regprocedure;
BEGIN
    FOR handed IN SELECT oid FROM pg_class WHERE relnamespace = 'syncd'::regnamespace AND relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO syncd', handed);
    END LOOP;
    FOR routine IN SELECT oid FROM pg_proc WHERE pronamespace = 'syncd'::regnamespace LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO syncd', routine);
    END LOOP;
    FOR handed IN SELECT oid FROM pg_class WHERE relnamespace = 'syncd'::regnamespace AND relname = 'audit' LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM syncd', handed);
    END LOOP;
END
$$;
REVOKE ALL ON SCHEMA syncd FROM PUBLIC;

-- The inbox: what was read of partners, for people to query (docs/inbox.md). syncd makes its tables itself, too.
CREATE SCHEMA IF NOT EXISTS inbox AUTHORIZATION syncd;
ALTER SCHEMA inbox OWNER TO syncd;
DO $$
DECLARE
    handed regclass;
    routine regprocedure;
BEGIN
    FOR handed IN SELECT oid FROM pg_class WHERE relnamespace = 'inbox'::regnamespace AND relkind IN ('r', 'p', 'v') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO syncd', handed);
    END LOOP;
    FOR routine IN SELECT oid FROM pg_proc WHERE pronamespace = 'inbox'::regnamespace LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO syncd', routine);
    END LOOP;
END
$$;
REVOKE ALL ON SCHEMA inbox FROM PUBLIC;
GRANT USAGE ON SCHEMA inbox TO inbox_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA inbox TO inbox_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE syncd IN SCHEMA inbox GRANT SELECT ON TABLES TO inbox_reader;

-- Staging: syncd and the page read, the import writes, nobody else.
CREATE SCHEMA IF NOT EXISTS staging;
DO $$
BEGIN
    IF current_setting('syncd.keep_roles', true) IS DISTINCT FROM 'on' THEN
        REVOKE ALL ON SCHEMA staging FROM PUBLIC;
        REVOKE ALL ON SCHEMA staging FROM syncd, syncd_web;
        REVOKE ALL ON ALL TABLES IN SCHEMA staging FROM PUBLIC, syncd, syncd_web;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA staging TO syncd, syncd_web, staging_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA staging TO syncd, syncd_web;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA staging TO staging_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA staging TO staging_writer;

-- The same for tables to come. This holds for those that the role running this file creates; for another role's tables
-- add FOR ROLE that_role after DEFAULT PRIVILEGES.
ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT SELECT ON TABLES TO syncd, syncd_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO staging_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT USAGE ON SEQUENCES TO staging_writer;
