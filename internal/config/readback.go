package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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

func readReadEndpoint(t *table, key DossierKey, scope jobs.Scope) *ReadEndpoint {
	defer t.finish()
	r := &ReadEndpoint{
		Method:   t.choice("method", "GET", "GET", "POST"),
		Path:     t.readPath(key, scope),
		Document: t.pointer("document", ""),
	}
	if list := t.want("compare", kindList); list != nil {
		for _, at := range t.texts("compare", list, `write names of members: ["Iban", "Elements"]`) {
			r.Compare = append(r.Compare, at.node.text)
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

func (t *table) readPath(key DossierKey, scope jobs.Scope) string {
	path := t.pathTemplate(queryPathPattern, readPath, keyedReadPath, key)
	switch {
	case !strings.Contains(path, "{key}"):
		t.report("path", "does not say whose document is asked for", `write {key} where the matricule goes, such as "`+readPath+`"`)
	case strings.ContainsAny(readPlaceholders.Replace(path), "{}"):
		t.report("path", "has braces around an unknown name", "{key} stands for the matricule, {period} for the month")
	case scope == jobs.ScopeEmployeePeriod && !strings.Contains(path, "{period}"):
		t.warn("path", "does not say of which month, but there is one document per employee and month",
			`write {period} where the month goes, such as "`+readPath+`"`)
	}
	return path
}

// checkCompare judges the members that a read-back compares by the mapping of each job that pushes: a member that its
// documents do not have would be equal on both sides whatever the API holds.
func (c *Config) checkCompare(root *table) {
	if c.Isidoor.Salarie.Read == nil || len(c.Isidoor.Salarie.Read.Compare) == 0 {
		return
	}
	t := root.table("isidoor").table("salarie").table("read")
	items := t.texts("compare", t.node.members["compare"], "")
	for _, j := range c.Jobs {
		if j.Kind.Sends() && len(j.unmapped) == 0 {
			checkCompared(items, j)
			t.checkElementsCompared(c.Isidoor.Salarie, j)
		}
	}
}

func checkCompared(items []*table, j Job) {
	known := withObjects(paths(j.Mapping.Fields))
	for _, children := range j.Mapping.Children {
		known = append(known, children.Path)
	}
	for _, at := range items {
		if name := at.node.text; !slices.Contains(known, name) {
			at.report("", fmt.Sprintf("the job %q maps no such member", j.Name), suggest(nearest(name, known), known, ""))
		}
	}
}

// checkElementsCompared refuses that a payment which was not received is taken for one that was.
func (t *table) checkElementsCompared(s SalarieEndpoint, j Job) {
	for _, children := range j.Mapping.Children {
		if s.Semantics == jobs.Append && !slices.Contains(s.Read.Compare, children.Path) {
			t.report("compare", fmt.Sprintf("leaves out %s of the job %q: with semantics = \"append\", elements that were lost would be taken for received",
				children.Path, j.Name), "add it, or write [] for all that was sent")
		}
	}
}
