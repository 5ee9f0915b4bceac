package testpg

import (
	"strings"
	"testing"
)

// rows copies the rows of all tables of a schema to another, or back, and on the way back sets the sequences to where they were.
const rows = `DO $$
DECLARE t record; id text;
BEGIN
	SET LOCAL session_replication_role = replica; -- neither triggers nor foreign keys
	FOR t IN SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ') AS columns,
			min(a.attname) FILTER (WHERE a.attidentity <> '') AS counted
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relkind = 'r' AND c.relnamespace = '{schema}'::regnamespace GROUP BY c.relname
	LOOP
		{each}
	END LOOP;
END $$`

const (
	keepRows = `EXECUTE format('DROP TABLE IF EXISTS {schema}_kept.%I; CREATE TABLE {schema}_kept.%I AS SELECT %s FROM {schema}.%I',
			t.name, t.name, t.columns, t.name);`
	takeRows = `EXECUTE format('DELETE FROM {schema}.%I; INSERT INTO {schema}.%I (%s) OVERRIDING SYSTEM VALUE
			SELECT %s FROM {schema}_kept.%I', t.name, t.name, t.columns, t.columns, t.name);
		IF t.counted IS NOT NULL THEN
			id := quote_ident(t.counted);
			EXECUTE format('SELECT setval(pg_get_serial_sequence(''{schema}.%I'', %L), coalesce(max(%s), 1), max(%s) IS NOT NULL)
				FROM {schema}.%I', t.name, t.counted, id, id, t.name);
		END IF;`
)

// Rewind keeps a copy of all rows of a schema. The function that it returns puts them back, as a restore of the data alone
// does: the server's identity and those of the tables stay, and its log goes on.
func (db *DB) Rewind(t testing.TB, schema string) (putBack func()) {
	t.Helper()
	statement := func(each string) string {
		return strings.ReplaceAll(strings.ReplaceAll(rows, "{each}", each), "{schema}", schema)
	}
	db.Exec(t, "CREATE SCHEMA IF NOT EXISTS "+schema+"_kept")
	db.Exec(t, statement(keepRows))
	return func() {
		t.Helper()
		db.Exec(t, statement(takeRows))
	}
}
