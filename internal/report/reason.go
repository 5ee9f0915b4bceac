package report

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// Reason is one sentence. What a failed run has as its detail, which may be a text of several lines, is no part of it,
// but for what it names.
func (p *Printer) Reason(r jobs.Reason) string { return p.reasonOf(r, 1) }

// reasonOf is the sentence of what is the same for n employees.
func (p *Printer) reasonOf(r jobs.Reason, n int) string {
	if words, values, known := p.cause(r); known {
		return clean(cut(locale.Fill(words.What, values...)))
	}
	known, ok := p.Catalogue.Reasons[string(r.Code)]
	if n > 1 && known.Several != "" {
		known.Plain, known.With = known.Several, known.SeveralWith
	}
	detail := strings.Join(lines(r.Detail), " ")
	if r.Code == jobs.ReasonPullShrinks {
		if share.MatchString(detail) {
			detail = strings.Replace(detail, "/", p.Catalogue.OutOf, 1)
		} else {
			known.With = p.Catalogue.Words.PullEmptied
		}
	}
	if isRefused[r.Code] && detail != "" {
		detail = cmp.Or(p.Catalogue.Refusals[detail], "SQLSTATE "+detail)
	}
	switch {
	case !ok: // of a newer program
		return clean(string(r.Code))
	case detail == "" || known.With == "":
		return known.Plain
	}
	return clean(locale.Fill(known.With, "detail", cut(detail)))
}

// isRefused are the reasons whose detail is a SQLSTATE.
var isRefused = map[jobs.ReasonCode]bool{jobs.ReasonLedgerRefused: true, jobs.ReasonStagingRefused: true}

// share is the detail of a pull that withdraws too many codes; else it names the nomenclatures that lose all of theirs.
var share = regexp.MustCompile(`^[0-9]+/[0-9]+$`)

// Problem is one sentence: where, what is wrong, what may have been meant, and the column of staging to mend.
func (p *Printer) Problem(problem mapping.Problem) string {
	sentence := p.fact(problem)
	if advice := p.advice(problem); advice != "" {
		sentence += p.Catalogue.Semicolon + advice
	}
	return clean(sentence)
}

// fact says where a problem is, and what it is.
func (p *Printer) fact(problem mapping.Problem) string {
	words, known := p.Catalogue.Problems[string(problem.Code)]
	text := words.Masked
	switch {
	case !known: // of a newer program
		text = string(problem.Code)
	case words.Counted != nil:
		return p.Count(words.Counted, max(problem.Count, 1))
	case words.Empty != "" && problem.Got == "0":
		text = words.Empty
	case (problem.Value != "" || problem.Why == mapping.WhyEmpty) && words.Quoted != "" && problem.Got != "null":
		text = words.Quoted
	}
	value := locale.Fill(p.Catalogue.Quote, "value", problem.Value)
	if problem.Why == mapping.WhyEmpty {
		value += " " + p.Catalogue.Words.Empty
	}
	names := append(p.expectations(&problem), "{value}", value, "{list}", problem.Dictionary, "{why}", p.Catalogue.Whys[cmp.Or(string(problem.Why), "unknown")])
	if problem.Why == mapping.WhyComma {
		text += p.Catalogue.Whys[string(mapping.WhyComma)]
	}
	text = strings.NewReplacer(names...).Replace(text) + p.branch(problem.Branch)
	if problem.Path == "" {
		return text
	}
	return p.place(problem.Path) + p.Catalogue.Colon + text
}

// row is a problem's place in the rows of payroll elements, which count from 0.
var row = regexp.MustCompile(`^(.+)\[([0-9]{1,9})\]\.([^\[\]]+)$`)

// place is a problem's path as people count: "Elements, element 3, Code".
func (p *Printer) place(path string) string {
	if strings.HasPrefix(path, "/") {
		return p.placeInDocument(path)
	}
	found := row.FindStringSubmatch(path)
	if found == nil {
		return path
	}
	n, err := strconv.Atoi(found[2])
	if err != nil {
		return path
	}
	return locale.Fill(p.Catalogue.Words.Element, "array", found[1], "n", p.Number(n+1), "member", found[3])
}

// advice says how to mend a problem; "" when the fact says it all.
func (p *Printer) advice(problem mapping.Problem) string {
	var parts []string
	if section := p.inMapping(&problem); section != "" {
		parts = append(parts, section)
	} else if problem.Column != "" {
		parts = append(parts, p.inColumn(&problem))
	}
	if nearest := p.nearest(&problem); nearest != "" {
		words, name := p.Catalogue.Words.Nearest, "codes"
		if ofEmployee[problem.Code] {
			words, name = p.Catalogue.Words.Owner, "key"
		}
		parts = append(parts, locale.Fill(words, name, nearest))
	}
	return strings.Join(parts, p.Catalogue.Semicolon)
}

// ofEmployee are the problems of elements whose owner is looked for.
var ofEmployee = map[mapping.ProblemCode]bool{mapping.ProblemMissingEmployee: true, mapping.ProblemBadKey: true}

// nearest names what may have been meant, and says of what looks like the value itself how it differs.
func (p *Printer) nearest(problem *mapping.Problem) string {
	var codes []string
	for _, n := range problem.Nearest {
		code := n.Code
		if strings.TrimSpace(code) != code { // which nobody would see
			code = locale.Fill(p.Catalogue.Quote, "value", code)
		}
		if n.Label != "" {
			code += " (" + n.Label + ")"
		}
		codes = append(codes, code+p.Catalogue.Unseen[string(mapping.LooksLike(problem.Value, n.Code))])
	}
	return strings.Join(codes, ", ")
}
