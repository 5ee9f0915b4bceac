package view

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// Reason is one sentence. What a failed run has as its detail, which may be a text of several lines, is no part of it,
// but for what it names.
func (t *Teller) Reason(r jobs.Reason) string { return t.reasonOf(r, 1) }

// reasonOf is the sentence of what is the same for n employees.
func (t *Teller) reasonOf(r jobs.Reason, n int) string {
	if words, values, known := t.cause(r); known {
		return Clean(Cut(locale.Fill(words.What, values...)))
	}
	known, ok := t.Reasons[string(r.Code)]
	if n > 1 && known.Several != "" {
		known.Plain, known.With = known.Several, known.SeveralWith
	}
	detail := strings.Join(lines(r.Text()), " ")
	if d, err := time.ParseDuration(detail); err == nil && r.Code == jobs.ReasonSlow {
		detail = locale.Duration(d)
	}
	if isRefused[r.Code] && detail != "" {
		detail = cmp.Or(t.Refusals[detail], "SQLSTATE "+detail)
	}
	switch {
	case !ok: // of a newer program
		return Clean(string(r.Code))
	case detail == "" || known.With == "":
		return known.Plain
	}
	return Clean(locale.Fill(known.With, "detail", Cut(detail)))
}

// isRefused are the reasons whose detail is a SQLSTATE.
var isRefused = map[jobs.ReasonCode]bool{jobs.ReasonLedgerRefused: true, jobs.ReasonStagingRefused: true}

// Problem is one sentence: where, what is wrong, what may have been meant, and the column of staging to mend.
func (t *Teller) Problem(problem mapping.Problem) string {
	sentence := t.fact(problem)
	if advice := t.advice(problem); advice != "" {
		sentence += t.Semicolon + advice
	}
	return Clean(sentence)
}

// fact says where a problem is, and what it is.
func (t *Teller) fact(problem mapping.Problem) string {
	words, known := t.Problems[string(problem.Code)]
	text := words.Masked
	switch {
	case !known: // of a newer program
		text = string(problem.Code)
	case words.Counted != nil:
		return t.Count(words.Counted, max(problem.Count, 1))
	case words.Empty != "" && problem.Counts() && problem.Size == 0:
		text = words.Empty
	case (problem.Value != "" || problem.Why == mapping.WhyEmpty) && words.Quoted != "" && problem.Got != "null":
		text = words.Quoted
	}
	value := locale.Fill(t.Quote, "value", problem.Value)
	if problem.Why == mapping.WhyEmpty {
		value += " " + t.Words.Empty
	}
	names := append(t.expectations(&problem), "{value}", value, "{list}", problem.Nomenclature, "{why}",
		t.Whys[cmp.Or(string(problem.Why), "unknown")])
	if problem.Why == mapping.WhyComma {
		text += t.Whys[string(mapping.WhyComma)]
	}
	text = strings.NewReplacer(names...).Replace(text) + t.branch(&problem)
	if problem.Path == "" {
		return text
	}
	return t.place(problem.Path) + t.Colon + text
}

// place is a problem's path as people count: "Elements, element 3, Code".
func (t *Teller) place(path string) string {
	if label := t.labelAt(path); label != "" {
		return label
	}
	if strings.HasPrefix(path, "/") {
		return t.placeInDocument(path)
	}
	list, row, member, ok := mapping.ElementOf(path)
	n, err := strconv.ParseUint(row, 10, 31) // from 0
	if !ok || err != nil {
		return path
	}
	return locale.Fill(t.Words.Element, "array", list, "n", t.Number(int(n)+1), "member", member)
}

// advice says how to mend a problem; "" when the fact says it all.
func (t *Teller) advice(problem mapping.Problem) string {
	var parts []string
	if section := t.inMapping(&problem); section != "" {
		parts = append(parts, section)
	} else if problem.Column != "" {
		parts = append(parts, t.inColumn(&problem))
	}
	if nearest := t.nearest(&problem); nearest != "" {
		words, name := t.Words.Nearest, "codes"
		if ofEmployee[problem.Code] {
			words, name = t.Words.Owner, "key"
		}
		parts = append(parts, locale.Fill(words, name, nearest))
	}
	return strings.Join(parts, t.Semicolon)
}

// ofEmployee are the problems of elements whose owner is looked for.
var ofEmployee = map[mapping.ProblemCode]bool{mapping.ProblemMissingEmployee: true, mapping.ProblemBadKey: true}

// nearest names what may have been meant, and says of what looks like the value itself how it differs.
func (t *Teller) nearest(problem *mapping.Problem) string {
	var codes []string
	for _, n := range problem.Nearest {
		code := n.Code
		if strings.TrimSpace(code) != code { // which nobody would see
			code = locale.Fill(t.Quote, "value", code)
		}
		if n.Label != "" {
			code += " (" + n.Label + ")"
		}
		codes = append(codes, code+t.Unseen[string(diff.LooksLike(problem.Value, n.Code))])
	}
	return strings.Join(codes, ", ")
}
