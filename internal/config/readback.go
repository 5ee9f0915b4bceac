package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"syncd/internal/config/strict"
	"syncd/internal/jobs"
)

// ReadEndpoint answers the document of one employee.
type ReadEndpoint struct {
	Method, Path string   // {key} stands for the matricule, {period} for the month
	Document     string   // JSON pointer to the document; "" = the answer itself
	Compare      []string // paths of the document that are compared; nil = all that was sent
}

// readBack is what jobs need to know of it.
func (s SalarieEndpoint) readBack() *jobs.ReadBack {
	if s.Read == nil {
		return nil
	}
	return &jobs.ReadBack{Compare: s.Read.Compare}
}

func readReadEndpoint(t *strict.Table, key DossierKey, scope jobs.Scope) *ReadEndpoint {
	defer t.Finish()
	r := &ReadEndpoint{
		Method:   t.Choice("method", "GET", "GET", "POST"),
		Path:     readDocumentPath(t, key, scope),
		Document: t.Pointer("document", ""),
	}
	if list := t.Want("compare", strict.KindList); list != nil {
		for _, at := range t.Texts("compare", list, `write names of members: ["Iban", "Elements"]`) {
			r.Compare = append(r.Compare, at.Node.Text)
		}
	}
	return r
}

const (
	readPath      = "/V2/Salarie/{key}?periode={period}"
	keyedReadPath = "/V2/{dossier}/Salarie/{key}?periode={period}"
)

var (
	queryPathPattern = regexp.MustCompile(`^/[A-Za-z0-9/._~{}-]*(\?[A-Za-z0-9/._~{}=&-]*)?$`)
	readPlaceholders = strings.NewReplacer("{key}", "", "{period}", "", "{dossier}", "")
)

func readDocumentPath(t *strict.Table, key DossierKey, scope jobs.Scope) string {
	path := pathTemplate(t, queryPathPattern, readPath, keyedReadPath, key)
	switch {
	case !strings.Contains(path, "{key}"):
		t.Report("path", "does not say whose document is asked for", `write {key} where the matricule goes, such as "`+readPath+`"`)
	case strings.ContainsAny(readPlaceholders.Replace(path), "{}"):
		t.Report("path", "has braces around an unknown name", "{key} stands for the matricule, {period} for the month")
	case scope == jobs.ScopeEmployeePeriod && !strings.Contains(path, "{period}"):
		t.Warn("path", "does not say of which month, but there is one document per employee and month",
			`write {period} where the month goes, such as "`+readPath+`"`)
	}
	return path
}

// checkCompare judges the members that a read-back compares by the mapping of each job that pushes: a member that its
// documents do not have would be equal on both sides whatever the API holds.
func (c *Config) checkCompare(root *strict.Table) {
	if c.Isidoor.Salarie.Read == nil || len(c.Isidoor.Salarie.Read.Compare) == 0 {
		return
	}
	t := root.Table("isidoor").Table("salarie").Table("read")
	items := t.Texts("compare", t.Node.Members["compare"], "")
	for _, j := range c.Jobs {
		if j.Kind.Sends() && len(j.unmapped) == 0 {
			checkCompared(items, j)
			checkElementsCompared(t, c.Isidoor.Salarie, j)
		}
	}
}

func checkCompared(items []*strict.Table, j Job) {
	known := withObjects(paths(j.Mapping.Fields))
	for _, children := range j.Mapping.Children {
		known = append(known, children.Path)
	}
	for _, at := range items {
		if name := at.Node.Text; !slices.Contains(known, name) {
			at.Report("", fmt.Sprintf("the job %q maps no such member", j.Name), strict.Suggest(strict.Nearest(name, known), known, ""))
		}
	}
}

// checkElementsCompared refuses that a payment which was not received is taken for one that was.
func checkElementsCompared(t *strict.Table, s SalarieEndpoint, j Job) {
	for _, children := range j.Mapping.Children {
		if s.Semantics == jobs.Append && !slices.Contains(s.Read.Compare, children.Path) {
			t.Report("compare", fmt.Sprintf("leaves out %s of the job %q: with semantics = \"append\", elements that were lost would be taken for received",
				children.Path, j.Name), "add it, or write [] for all that was sent")
		}
	}
}
