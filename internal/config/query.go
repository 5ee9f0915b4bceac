package config

import (
	"regexp"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/sqltext"
)

// parameters are what a query can name with an @, beside mapping.Params.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

// periodParameters are those of them that tell months apart.
var periodParameters = []string{"period", "period_start", "period_end"}

var (
	// columnPattern takes what Postgres names a column, "n° salarié" too, and nothing that is quoted or has spaces around it.
	columnPattern    = regexp.MustCompile(`^[^\s"'\pC](?:[^"\pC]*[^\s"'\pC])?$`)
	dossierParameter = []string{"dossier", "siret"}
)

// readSource reads [job.source] and the queries of [[job.children]].
func readSource(t *table, children []*table, dossiers int) jobs.Source {
	source := t.table("source")
	defer source.finish()
	s := jobs.Source{
		Employees: source.query("employees", dossiers),
		Key:       source.matching("key", columnPattern, "is not the name of a column", `the column of the matricule, such as "matricule"`),
		LockWait:  source.duration("lock_wait", jobs.LockWait, time.Second, time.Hour),
	}
	s.RowSecurity = source.choice("row_security", "refuse", "refuse", "apply") == "apply"
	for _, child := range children {
		s.Children = append(s.Children, readChildSource(child, s.Key, dossiers))
	}
	return s
}

func readChildSource(t *table, key string, dossiers int) jobs.ChildSource {
	c := jobs.ChildSource{Rows: t.query("rows", dossiers), Employee: key}
	if c.Rows != "" && !names(c.Rows, periodParameters) {
		t.warn("rows", "tells no months apart: it names no @period, so each month gets the elements of all", "add WHERE period = @period, or @period_start and @period_end")
	}
	if t.has("employee") {
		c.Employee = t.matching("employee", columnPattern, "is not the name of a column", "the column of the employee's matricule in these rows")
	} else {
		t.take("employee")
	}
	return c
}

// query is one SELECT. An unknown parameter would be NULL and find nothing; a query that serves several dossiers and
// does not tell them apart would send the employees of all to each.
func (t *table) query(key string, dossiers int) string {
	query, single := sqltext.One(t.required(key, `a query such as "SELECT * FROM staging.employee WHERE dossier = @dossier"`))
	if query == "" {
		return ""
	}
	if !sqltext.Reads(query) {
		t.report(key, "is not a SELECT", "syncd only reads staging: write SELECT … FROM …")
	}
	if sqltext.Writes(query) {
		t.report(key, "writes", "syncd only reads staging: take INSERT, UPDATE, DELETE, MERGE, INTO or FOR UPDATE out of it")
	}
	if !single {
		t.report(key, "is more than one statement", "write one SELECT")
	}
	if sqltext.Has(query, sqltext.Numbered) {
		t.report(key, "has a numbered parameter such as $1, to which nothing is given", "write the name of a parameter: @dossier, @siret, @period, @period_start or @period_end")
	}
	for _, name := range sqltext.Parameters(query, parameters) {
		if !slices.Contains(parameters, name) {
			t.report(key, "names the unknown parameter @"+name, suggest(nearest(name, parameters), parameters, ""))
		}
	}
	if dossiers > 1 && !names(query, dossierParameter) {
		t.report(key, "does not tell dossiers apart: each would get the rows of all", "add WHERE dossier = @dossier, or @siret")
	}
	return query
}

// names tells whether a query uses one of some parameters. What only looks so, within quoted text or a comment, does not count.
func names(query string, some []string) bool {
	return slices.ContainsFunc(sqltext.Parameters(query, parameters), func(name string) bool { return slices.Contains(some, name) })
}
