package config

import (
	"regexp"
	"slices"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
	"syncd/internal/plaintext"
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
func readSource(t *strict.Table, children []*strict.Table, dossiers int) jobs.Source {
	source := t.Table("source")
	defer source.Finish()
	s := jobs.Source{
		Employees: readQuery(source, "employees", dossiers),
		Key:       source.Matching("key", columnPattern, "is not the name of a column", `the column of the matricule, such as "matricule"`),
		LockWait:  source.Duration("lock_wait", jobs.LockWait, time.Second, time.Hour),
	}
	s.RowSecurity = source.Choice("row_security", "refuse", "refuse", "apply") == "apply"
	for _, child := range children {
		s.Children = append(s.Children, readChildSource(child, s.Key, dossiers))
	}
	return s
}

func readChildSource(t *strict.Table, key string, dossiers int) jobs.ChildSource {
	c := jobs.ChildSource{Rows: readQuery(t, "rows", dossiers), Employee: key}
	if c.Rows != "" && !names(c.Rows, periodParameters) {
		t.Warn("rows", "tells no months apart: it names no @period, so each month gets the elements of all", "add WHERE period = @period, or @period_start and @period_end")
	}
	if t.Has("employee") {
		c.Employee = t.Matching("employee", columnPattern, "is not the name of a column", "the column of the employee's matricule in these rows")
	} else {
		t.Take("employee")
	}
	return c
}

// query is one SELECT. An unknown parameter would be NULL and find nothing; a query that serves several dossiers and
// does not tell them apart would send the employees of all to each.
func readQuery(t *strict.Table, key string, dossiers int) string {
	query, single := sqltext.One(t.Required(key, `a query such as "SELECT * FROM staging.employee WHERE dossier = @dossier"`))
	if query == "" {
		return ""
	}
	if !sqltext.Reads(query) {
		t.Report(key, "is not a SELECT", "syncd only reads staging: write SELECT … FROM …")
	}
	if sqltext.Writes(query) {
		t.Report(key, "writes", "syncd only reads staging: take INSERT, UPDATE, DELETE, MERGE, INTO or FOR UPDATE out of it")
	}
	if !single {
		t.Report(key, "is more than one statement", "write one SELECT")
	}
	if sqltext.Has(query, sqltext.Numbered) {
		t.Report(key, "has a numbered parameter such as $1, to which nothing is given", "write the name of a parameter: @dossier, @siret, @period, @period_start or @period_end")
	}
	for _, name := range sqltext.Parameters(query, parameters) {
		if !slices.Contains(parameters, name) {
			t.Report(key, "names the unknown parameter @"+name, strict.Suggest(plaintext.Nearest(name, parameters), parameters, ""))
		}
	}
	if dossiers > 1 && !names(query, dossierParameter) {
		t.Report(key, "does not tell dossiers apart: each would get the rows of all", "add WHERE dossier = @dossier, or @siret")
	}
	return query
}

// names tells whether a query uses one of some parameters. What only looks so, within quoted text or a comment, does not count.
func names(query string, some []string) bool {
	return slices.ContainsFunc(sqltext.Parameters(query, parameters), func(name string) bool { return slices.Contains(some, name) })
}
