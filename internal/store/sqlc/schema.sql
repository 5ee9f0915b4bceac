-- Only for the generator: at run time `syncd migrate` creates the schema before the first migration.
CREATE SCHEMA syncd;
CREATE SCHEMA inbox;

-- The parts of the system catalogue that queries use, unknown to the generator.
CREATE TABLE pg_locks (locktype text, granted boolean, objsubid smallint, database oid, classid oid, objid oid);
CREATE TABLE pg_stat_activity (pid integer, application_name text, usename name);
CREATE TABLE pg_database (oid oid, datname name);

-- goose's own table.
CREATE TABLE syncd.goose_db_version (
    id         integer PRIMARY KEY,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp     timestamp NOT NULL DEFAULT now()
);
