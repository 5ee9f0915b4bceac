package config

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
)

// parameters are what a query can name with an @, beside mapping.Params.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

// periodParameters are those of them that tell months apart.
var periodParameters = []string{"period", "period_start", "period_end"}

var (
	// opaque parts of a query: quoted text, quoted names, comments of a line. What has no end goes on to that of the query.
	opaquePattern    = regexp.MustCompile(`(?s)^(?:[eE]'(?:[^'\\]|\\.)*'?|'[^']*'?|"[^"]*"?|--[^\n]*)`)
	dollarPattern    = regexp.MustCompile(`^\$(?:[\pL_][\pL\pN_]*)?\$`)
	wordPattern      = regexp.MustCompile(`^(?:[\pL_][\pL\pN_$]*|[^\pL_])`)
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
	query := trailingPattern.ReplaceAllString(t.required(key, `a query such as "SELECT * FROM staging.employee WHERE dossier = @dossier"`), "")
	if query == "" {
		return ""
	}
	code := codeOf(query)
	if !selectPattern.MatchString(code) {
		t.report(key, "is not a SELECT", "syncd only reads staging: write SELECT … FROM …")
	}
	if strings.Contains(code, ";") {
		t.report(key, "is more than one statement", "write one SELECT")
	}
	for _, use := range parameterUse.FindAllStringSubmatch(code, -1) {
		if !slices.Contains(parameters, use[1]) {
			t.report(key, "names the unknown parameter @"+use[1], suggest(nearest(use[1], parameters), parameters, ""))
		}
	}
	if dossiers > 1 && !names(query, dossierParameter) {
		t.report(key, "does not tell dossiers apart: each would get the rows of all", "add WHERE dossier = @dossier, or @siret")
	}
	return query
}

// names tells whether a query uses one of some parameters. What only looks so, within quoted text or a comment, does not count.
func names(query string, parameters []string) bool {
	for _, use := range parameterUse.FindAllStringSubmatch(codeOf(query), -1) {
		if slices.Contains(parameters, use[1]) {
			return true
		}
	}
	return false
}

// codeOf is a query with a space for each part that Postgres reads as no SQL: text, quoted names and comments.
func codeOf(query string) string {
	var code strings.Builder
	for query != "" {
		n := opaque(query)
		if n == 0 {
			word := wordPattern.FindString(query)
			n = max(len(word), 1)
			code.WriteString(query[:n])
		} else {
			code.WriteByte(' ')
		}
		query = query[n:]
	}
	return code.String()
}

// opaque is how many bytes at the beginning of a query are no SQL.
func opaque(query string) int {
	if tag := dollarPattern.FindString(query); tag != "" {
		if end := strings.Index(query[len(tag):], tag); end >= 0 {
			return end + 2*len(tag)
		}
		return len(query)
	}
	if strings.HasPrefix(query, "/*") {
		return comment(query)
	}
	return len(opaquePattern.FindString(query))
}

// comment is the length of the comment that a query begins with; others may be nested in it.
func comment(query string) int {
	depth := 0
	for i := 0; i+1 < len(query); i++ {
		switch query[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			if depth--; depth == 0 {
				return i + len("*/")
			}
			i++
		}
	}
	return len(query)
}
