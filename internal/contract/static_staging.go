package contract

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// staging is about the columns that no field carries: one that has the name of a member which nothing maps is suggested,
// the others are told. Numbers of children are hours and euros, and are missed on a payslip. at is the path of the
// children, "" for the employees; prefix is that of their members. employee are the columns of the employees' query, by
// which children are tied to them.
func (c *staticCheck) staging(s *Schema, at, prefix string, fields []mapping.Field, employee []mapping.Column) {
	var idle, lost []string
	taken := map[string]bool{}
	open := openMembers(s, fields)
	for _, column := range c.columns {
		used := slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Column == column.Name })
		if used || columnNamed(employee, column.Name) != nil {
			continue
		}
		amount := at != "" && isAmount(column)
		switch path := memberNamed(column.Name, open, taken); {
		case path != "":
			c.suggest(joined(prefix, path), path, column.Name, amount)
		case ofRun(column.Name):
		case amount:
			lost = append(lost, tidy(column.Name))
		default:
			idle = append(idle, tidy(column.Name))
		}
	}
	if len(lost) > 0 {
		c.warning(at, fmt.Sprintf("nothing carries the %s: %s numbers are never sent", columnNames(lost), plural(lost, "its", "their")),
			fmt.Sprintf("map %[1]s in [job.children.fields], or leave %[1]s out of rows", plural(lost, "it", "them")))
	}
	if len(idle) > 0 {
		c.info(at, "nothing carries the "+columnNames(idle), "")
	}
}

func columnNames(names []string) string {
	return plural(names, "column ", "columns ") + strings.Join(names, ", ")
}

// isAmount tells of columns of numbers that are counted in something, by their type and name.
func isAmount(column mapping.Column) bool {
	isNumber := jsonTypes[(&mapping.Field{Column: column.Name}).JSONType(column)] == TypeNumber
	return isNumber && !slices.ContainsFunc(words(column.Name), func(word string) bool {
		return slices.Contains([]string{"id", "ligne", "line", "ordre", "rang", "numero", "annee", "mois", "year", "month", "version"}, word)
	})
}

// suggest tells of a column for a member, unless the member is required: then it was told already, with the column.
func (c *staticCheck) suggest(path, name, column string, amount bool) {
	if slices.ContainsFunc(c.advice, func(a Advice) bool { return a.Path == tidy(path) }) {
		return
	}
	level := LevelInfo
	if amount {
		level = LevelWarning
	}
	c.add(level, tidy(path), fmt.Sprintf("is in the contract, and nothing maps it, but there is a column %q", column),
		fmt.Sprintf("add it to %s: %q = %q", tableOf(strings.Contains(path, "[]")), tidy(name), column))
}

// openMembers are the paths of single values that an object can have and no field maps.
func openMembers(s *Schema, fields []mapping.Field) []string {
	var open []string
	s.each(func(p spot) bool {
		if p.Schema.ReadOnly || p.Schema.elements() != nil {
			return false
		}
		if slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Path == p.path }) {
			return false
		}
		if len(p.Schema.members()) == 0 {
			open = append(open, p.path)
		}
		return true
	})
	return open
}

// memberNamed finds the member that a column has the name of, the whole path before the last name, and takes it.
func memberNamed(column string, open []string, taken map[string]bool) string {
	best, bestLikeness := "", likeWords
	for _, path := range open {
		if like := resemblance(column, path, ""); like != likeNothing && like < bestLikeness && !taken[path] {
			best, bestLikeness = path, like
		}
	}
	taken[best] = true
	return best
}

func plural(names []string, one, many string) string {
	if len(names) == 1 {
		return one
	}
	return many
}
