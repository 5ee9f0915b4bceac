package config

import (
	"regexp"
	"slices"
	"strings"

	"syncd/internal/jobs"
)

// parameters are what a query can name with an @, beside mapping.Params.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

var (
	// opaque parts of a query: quoted text, quoted names, comments.
	opaquePattern    = regexp.MustCompile(`(?s)'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/`)
	parameterUse     = regexp.MustCompile(`@([A-Za-z_][A-Za-z0-9_]*)`)
	selectPattern    = regexp.MustCompile(`(?i)^\s*(select|with|table|values)\b`)
	trailingPattern  = regexp.MustCompile(`[\s;]+$`)
	columnPattern    = regexp.MustCompile(`^[^\s"']+$`)
	dossierParameter = []string{"dossier", "siret"}
)

// readSource reads [job.source] and the queries of [[job.children]].
func readSource(t *table, children []*table, dossiers int) jobs.Source {
	source := t.table("source")
	defer source.finish()
	s := jobs.Source{
		Employees: source.query("employees", dossiers),
		Key:       source.matching("key", columnPattern, "is not the name of a column", `the column of the matricule, such as "matricule"`),
	}
	for _, child := range children {
		s.Children = append(s.Children, readChildSource(child, s.Key, dossiers))
	}
	return s
}

func readChildSource(t *table, key string, dossiers int) jobs.ChildSource {
	c := jobs.ChildSource{Rows: t.query("rows", dossiers), Employee: key}
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
	query := trailingPattern.ReplaceAllString(t.required(key, `a query such as "SELECT * FROM staging.employee WHERE dossier = @dossier"`), "")
	if query == "" {
		return ""
	}
	code := opaquePattern.ReplaceAllString(query, " ")
	if !selectPattern.MatchString(code) {
		t.report(key, "is not a SELECT", "syncd only reads staging: write SELECT … FROM …")
	}
	if strings.Contains(code, ";") {
		t.report(key, "is more than one statement", "write one SELECT")
	}
	named := false
	for _, use := range parameterUse.FindAllStringSubmatch(code, -1) {
		named = named || slices.Contains(dossierParameter, use[1])
		if !slices.Contains(parameters, use[1]) {
			t.report(key, "names the unknown parameter @"+use[1], suggest(nearest(use[1], parameters), parameters, ""))
		}
	}
	if dossiers > 1 && !named {
		t.report(key, "does not tell dossiers apart: each would get the rows of all", "add WHERE dossier = @dossier, or @siret")
	}
	return query
}
