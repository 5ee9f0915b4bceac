package store

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// values reads the last row of a query, in a session of staging; query "" = the source's own.
func (f *fixture) values(url string, source jobs.Source, query string) (map[string]string, error) {
	f.Helper()
	if query != "" {
		source.Employees, source.Key = query, "key"
	}
	snapshot, err := (&Staging{URL: url}).Snapshot(context.Background(), source, nil, nil)
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	read := map[string]string{}
	for rows := snapshot.Employees(); rows.Next(); {
		for i, column := range snapshot.Shape().Employee {
			read[column.Name] = string(rows.Values()[i])
		}
	}
	return read, errors.Join(snapshot.Employees().Err(), snapshot.Unmoved(context.Background()))
}

// withSettings adds settings to a URL.
func (f *fixture) withSettings(address string, settings ...string) string {
	f.Helper()
	u, err := url.Parse(address)
	f.must(err)
	return address + map[bool]string{true: "?", false: "&"}[u.RawQuery == ""] + strings.Join(settings, "&")
}

// A day that begins in Paris is that day, in winter and in summer, whatever role, database, URL and server say of zones, and
// however they spell it.
func TestStagingIsReadInTheJobsTimeZone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `ALTER ROLE `+role+` SET TimeZone = 'Asia/Tokyo'`)
	const query = `SELECT 1 AS key, v::date AS winter, w::date AS summer, v, w, to_char(w, 'YYYY-MM-DD HH24:MI') AS written, to_jsonb(v) AS json
		FROM (VALUES ('2026-01-15 00:00+01'::timestamptz, '2026-07-15 00:00+02'::timestamptz)) AS t (v, w)`
	for _, settings := range [][]string{nil, {"timezone=America/New_York"}, {"TimeZone=America/New_York", "TIMEZONE=Asia/Tokyo"},
		{"options=-c%20timezone%3DAsia/Tokyo"}} {
		for range 3 { // a map has no order
			read, err := f.values(f.withSettings(login, settings...), jobs.Source{Zone: "Europe/Paris"}, query)
			f.must(err)
			for name, want := range map[string]string{"winter": "2026-01-15", "summer": "2026-07-15", "v": "2026-01-15 00:00:00+01",
				"w": "2026-07-15 00:00:00+02", "written": "2026-07-15 00:00", "json": `"2026-01-15T00:00:00+01:00"`} {
				if read[name] != want {
					t.Errorf("%v: %s is %s, want %s", settings, name, read[name], want)
				}
			}
		}
	}
	_, err := f.values(login, jobs.Source{Zone: "Europe/Atlantis"}, query)
	var staging *jobs.StagingError
	if !errors.As(err, &staging) || !strings.Contains(err.Error(), `does not know the time zone "Europe/Atlantis"`) {
		t.Errorf("%v", err)
	}
	_, err = (&Staging{URL: login}).Describe(t.Context(), jobs.Source{Zone: "Europe/Atlantis", Employees: query, Key: "key"}, nil)
	if !errors.As(err, &staging) {
		t.Errorf("a check: %v", err)
	}
}

// What role, database and URL say of forms changes how a query reads text, which is its own affair, and never what is sent.
func TestStagingIsWrittenInOneForm(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	const query = `SELECT 1 AS key, '01/02/1980'::date AS born, '01/02/1980'::date::text AS written, interval '1 day 2 hours' AS span, '1.5 hours'::interval::text AS hours,
		'\x00ff'::bytea::text AS bytes, 0.1::float8 + 0.2::float8 AS sum, '01/02/1980 10:00'::timestamp AS at`
	for name, c := range map[string]struct {
		role     string
		settings []string
		born     string
	}{
		"the server's":        {"", nil, f.text(`'01/02/1980'::date`)},
		"the role's":          {`SET DateStyle = 'SQL, DMY'`, nil, "1980-02-01"},
		"the role's, reverse": {`SET DateStyle = 'Postgres, MDY'`, nil, "1980-01-02"},
		"the URL's":           {`SET DateStyle = 'ISO, MDY'`, []string{"DateStyle=German,DMY", "INTERVALSTYLE=sql_standard"}, "1980-02-01"},
		"of options":          {`RESET DateStyle`, []string{"options=-c%20datestyle%3DSQL%2CDMY%20-c%20bytea_output%3Descape"}, "1980-02-01"},
		"of all forms": {`SET IntervalStyle = 'iso_8601'`,
			[]string{"bytea_output=escape", "extra_float_digits=-5", "Extra_Float_Digits=-15"}, f.text(`'01/02/1980'::date`)},
	} {
		t.Run(name, func(t *testing.T) {
			if c.role != "" {
				f.db.Exec(t, `ALTER ROLE `+role+` `+c.role)
			}
			read, err := f.values(f.withSettings(login, c.settings...), jobs.Source{}, query)
			f.must(err)
			for name, want := range map[string]string{"born": c.born, "written": c.born, "at": c.born + " 10:00:00", "span": "1 day 02:00:00",
				"hours": "01:30:00", "bytes": `\x00ff`, "sum": "0.30000000000000004"} {
				if read[name] != want {
					t.Errorf("%s is %s, want %s", name, read[name], want)
				}
			}
		})
	}
}

// The ledger is in UTC, whatever a URL says.
func TestLedgerIsInUTC(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 5 {
		s, err := Open(t.Context(), Options{URL: f.withSettings(f.db.URL, "timezone=Asia/Tokyo", "TIMEZONE=Asia/Tokyo", "DateStyle=German")})
		f.must(err)
		var zone, style string
		f.must(s.pool.QueryRow(t.Context(), `SELECT current_setting('TimeZone'), current_setting('DateStyle')`).Scan(&zone, &style))
		s.Close()
		if zone != "UTC" || !strings.HasPrefix(style, "ISO") {
			t.Fatalf("%s, %s", zone, style)
		}
	}
}

// What a type becomes is told by the catalogue: what is text, a number, a truth value, a date or JSON can be sent, under a
// domain too; the rest is refused before anything is read, with a way to send it.
func TestTypesAreReadInTheCatalogue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TYPE status AS ENUM ('a'); CREATE TYPE address AS (street text, town text)`)
	f.db.Exec(t, `CREATE DOMAIN euros AS numeric(10, 2); CREATE DOMAIN small AS euros CHECK (VALUE < 100); CREATE DOMAIN state AS status;
		CREATE DOMAIN tags AS text[]; CREATE DOMAIN house AS address; CREATE TYPE span AS RANGE (subtype = numeric)`)
	f.db.Exec(t, `CREATE TABLE home (street text)`)
	all := map[string]string{} // what cannot be sent, and as what it is named
	for expression, refused := range map[string]string{
		`'x'::text`: "", `'x'::varchar(3)`: "", `'x'::char(3)`: "", `'x'::name`: "", `1::int2`: "", `1::int8`: "", `1.5::numeric`: "",
		`1.5::float4`: "", `true`: "",
		`date '2026-11-01'`: "", `timestamp '2026-11-01'`: "", `now()`: "", `time '08:00'`: "", `interval '1 hour'`: "", `gen_random_uuid()`: "",
		`'{}'::json`: "", `'{}'::jsonb`: "", `'a'::status`: "", `'a'::state`: "", `1::euros`: "", `1::small`: "", `'x'`: "",
		`ROW('1 rue', '01000')::address`: "address", `ROW(1, 2)`: "record", `'("1 rue",1)'::house`: "address", `ARRAY[1]`: "integer[]",
		`ARRAY['a']::status[]`: "status[]",
		`ARRAY['x']::tags`:     "text[]", `ARRAY[ROW('x', 'y')::address]`: "address[]", `ARRAY[1]::euros[]`: "euros[]", `home`: "home",
		`ARRAY[home]`: "home[]", `'[1,2)'::span`: "span",
		`daterange(NULL, NULL)`: "daterange", `'{}'::datemultirange`: "datemultirange", `1::money`: "money", `'\x00'::bytea`: "bytea",
		`point(1, 2)`: "point", `'a'::tsvector`: "tsvector",
		`'127.0.0.1'::inet`: "inet", `B'1'`: "bit", `'<a/>'::xml`: "xml", `'home'::regclass`: "regclass", `'1 2'::int2vector`: "int2vector",
		`'$'::jsonpath`: "jsonpath",
	} {
		all[expression] = refused
	}
	for expression, refused := range all {
		source := jobs.Source{Employees: `SELECT 1 AS key, ` + expression + ` AS v FROM (SELECT 'x' AS street) AS _ LEFT JOIN home ON true`,
			Key: "key"}
		for what, shape := range map[string]func() (mapping.Shape, error){
			"check": func() (mapping.Shape, error) {
				d, err := (&Staging{URL: f.db.URL}).Describe(t.Context(), source, nil)
				return d.Shape, err
			},
			"run": func() (mapping.Shape, error) {
				snapshot, err := (&Staging{URL: f.db.URL}).Snapshot(t.Context(), source, nil, nil)
				if err != nil {
					return mapping.Shape{}, err
				}
				defer snapshot.Close()
				return snapshot.Shape(), nil
			},
		} {
			columns, err := shape()
			f.must(err)
			_, err = mapping.Compile(mapping.Spec{Fields: []mapping.Field{{Path: "V", Column: "v"}}}, columns, nil, nil)
			var typed *mapping.TypeError
			if (refused == "") != (err == nil) || refused != "" &&
				(!errors.As(err, &typed) || !strings.Contains(err.Error(), "of type "+refused+" (") ||
					!strings.Contains(err.Error(), "\nhint: convert it in the query: ")) {
				t.Errorf("%s of %s: %v", what, expression, err)
			}
		}
	}
}

// A key that is there twice ends the query; a check says so as well as a run, in the words of both.
func TestAKeyThatIsThereTwiceIsRefused(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	s.source.Children[0].Rows = `SELECT * FROM pay JOIN staff USING (matricule)`
	s.wantRead(<-s.open(), "1 2 3") // there is one
	s.source.Children[0].Rows = `SELECT p.*, s.* FROM pay p, staff s WHERE p.matricule = s.matricule`
	_, checked := s.staging.Describe(t.Context(), s.source, nil)
	for what, err := range map[string]error{"check": checked, "run": (<-s.open()).err} {
		var staging *jobs.StagingError
		if !errors.As(err, &staging) || staging.Query != "job.children[0].rows" ||
			!strings.Contains(err.Error(), `: several columns have the name "matricule"`) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// wantRefused wants a run and a check to fail for the same reason, with these words.
func (f *fixture) wantRefused(url, query string, words ...string) {
	f.Helper()
	source := jobs.Source{Employees: query, Key: "matricule"}
	_, checked := (&Staging{URL: url}).Describe(f.Context(), source, nil)
	_, run := (&Staging{URL: url}).Snapshot(f.Context(), source, nil, nil)
	for what, err := range map[string]error{"check": checked, "run": run} {
		var staging *jobs.StagingError
		if !errors.As(err, &staging) {
			f.Errorf("%s of %s: %v", what, query, err)
			continue
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				f.Errorf("%s of %s: %v does not tell %q", what, query, err, word)
			}
		}
	}
}

// A check asks for the rights of each query, under views too, without reading a row.
func TestRightsToReadAreChecked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `CREATE TABLE secret (matricule text, name text); CREATE TABLE half (matricule text, name text)`)
	f.db.Exec(t, `CREATE VIEW shown AS SELECT * FROM secret; CREATE VIEW asker WITH (security_invoker) AS SELECT * FROM secret;
		CREATE FUNCTION closed() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'x'::text $$; REVOKE ALL ON FUNCTION closed() FROM public`)
	f.db.Exec(t, `GRANT SELECT ON shown, asker TO `+role+`; GRANT SELECT (matricule) ON half TO `+role)
	f.wantRefused(login, `SELECT * FROM secret`, `may not read "secret"`)
	f.wantRefused(login, `SELECT * FROM half`, `may not read "half"`)
	f.wantRefused(login, `SELECT * FROM asker`, `may not read "secret"`)
	f.wantRefused(login, `SELECT closed() AS matricule`, `may not read "closed"`)
	for _, query := range []string{`SELECT * FROM shown`, `SELECT matricule FROM half`} {
		if _, err := (&Staging{URL: login}).Describe(t.Context(), jobs.Source{Employees: query, Key: "matricule"}, nil); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// A policy that hides rows would make people leave, or take their elements from them: the query fails instead, whoever owns
// the table or a view over it, unless the configuration says that it is meant; then a check tells of it.
func TestRowSecurityHidesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `CREATE TABLE pay (matricule text); INSERT INTO pay VALUES ('1'), ('2')`)
	f.db.Exec(t, `CREATE TABLE owned (matricule text); ALTER TABLE owned OWNER TO `+role)
	for _, table := range []string{"pay", "owned"} {
		f.db.Exec(t, `ALTER TABLE `+table+` ENABLE ROW LEVEL SECURITY`)
		f.db.Exec(t, `CREATE POLICY first_only ON `+table+` USING (matricule = '1')`)
	}
	f.db.Exec(t, `GRANT SELECT ON pay TO `+role)
	f.db.Exec(t, `CREATE VIEW full_view AS SELECT * FROM pay; GRANT SELECT ON full_view TO `+role)
	f.db.Exec(t, `CREATE VIEW their_view AS SELECT * FROM pay; ALTER VIEW their_view OWNER TO `+role)
	f.db.Exec(t, `CREATE FUNCTION paid() RETURNS SETOF pay LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM pay; END $$`)

	f.wantRefused(login, `SELECT * FROM pay`, `row level security hides rows of "pay"`, "BYPASSRLS", `row_security = "apply"`)
	f.wantRefused(login, `SELECT * FROM their_view`, `row level security hides rows of "pay"`)
	if _, err := f.values(login, jobs.Source{}, `SELECT matricule AS key FROM paid()`); err == nil ||
		!strings.Contains(err.Error(), `row level security hides rows of "pay"`) {
		t.Errorf("in a function: %v", err)
	}
	for _, query := range []string{`SELECT * FROM full_view`, `SELECT * FROM owned`} { // to whose owners no policy applies
		d, err := (&Staging{URL: login}).Describe(t.Context(), jobs.Source{Employees: query, Key: "matricule"}, nil)
		if err != nil || len(d.Findings) > 0 {
			t.Errorf("%s: %v %+v", query, err, d.Findings)
		}
	}
	f.db.Exec(t, `ALTER TABLE owned FORCE ROW LEVEL SECURITY`)
	f.wantRefused(login, `SELECT * FROM owned`, `row level security hides rows of "owned"`)

	meant := jobs.Source{Employees: `SELECT * FROM pay`, Key: "matricule", RowSecurity: true}
	d, err := (&Staging{URL: login}).Describe(t.Context(), meant, nil)
	f.must(err)
	if len(d.Findings) != 1 || d.Findings[0].Error || !strings.Contains(textOf(d.Findings[0]), "row level security applies to pay") {
		t.Errorf("%+v", d.Findings)
	}
	snapshot, err := (&Staging{URL: login}).Snapshot(t.Context(), meant, nil, nil)
	f.must(err)
	defer snapshot.Close()
	if read, err := keysOfRows(snapshot.Employees()); err != nil || strings.Join(read, " ") != "1" {
		t.Errorf("%q, %v", read, err)
	}
}

// Tables that a snapshot says nothing of are named before anybody relies on it.
func TestCheckNamesWhatASnapshotDoesNotHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing`)
	f.db.Exec(t, `CREATE FOREIGN TABLE far (matricule text) SERVER away`)
	f.db.Exec(t, `CREATE MATERIALIZED VIEW empty AS SELECT '1'::text AS matricule WITH NO DATA`)
	d, err := (&Staging{URL: f.db.URL}).Describe(t.Context(), jobs.Source{Employees: `SELECT * FROM empty`, Key: "matricule"}, nil)
	f.must(err)
	if len(d.Findings) != 1 || !d.Findings[0].Error || !strings.Contains(textOf(d.Findings[0]), "empty was never filled") {
		t.Errorf("%+v", d.Findings)
	}
	_, err = f.values(f.db.URL, jobs.Source{}, `SELECT *, 1 AS key FROM empty`)
	if err == nil || !strings.Contains(err.Error(), `never filled "empty"`) {
		t.Errorf("%v", err)
	}
	k, held := &keeper{conn: f.db.Connect(t)}, []uint32{}
	f.must(k.conn.QueryRow(t.Context(), `SELECT ARRAY['far'::regclass::oid]`, pgx.QueryExecModeSimpleProtocol).Scan(&held))
	findings, err := k.doubts(t.Context(), held)
	f.must(err)
	if len(findings) != 1 || findings[0].Error || !strings.Contains(textOf(findings[0]), "far is a foreign table") {
		t.Errorf("%+v", findings)
	}
}
