package preset

import (
	"encoding/json"
	"strings"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

var collectionName = lazyregexp.New(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func (r *reader) readCollections() (all []Collection) {
	t := r.Table.Table("collection")
	defer t.Finish()
	if len(t.Node.Keys) == 0 {
		r.Report("collection", hinted.Say("preset.no-collection"))
	}
	for _, name := range t.Node.Keys {
		if !collectionName().MatchString(name) {
			t.Report(name, strict.Say("no-name"), strict.Say("name-form"))
		}
		all = append(all, r.readCollection(name, t.Table(name)))
	}
	return all
}

func (r *reader) readCollection(name string, t *strict.Table) Collection {
	defer t.Finish()
	calls := r.definition.Calls
	c := Collection{Name: name, List: r.readListing(t), Zone: t.Text("zone", "Europe/Paris")}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		t.Report("zone", hinted.Say("preset.no-zone"))
	}
	c.ForeignHolds = t.Choice("foreign", "hold", "hold", "drop") == "hold"
	c.Omit = t.Pointers("omit", strict.Say("write-list"))
	c.Owner = r.readOwner(t)
	for _, optional := range []struct {
		key  string
		list []string
		into **Call
	}{{"detail", calls, &c.Detail}, {"ack", r.definition.Writes, &c.Acknowledge}} {
		if t.Has(optional.key) {
			call := r.call(t, optional.key, optional.list, "key")
			*optional.into = &call
		}
		t.Know(optional.key)
	}
	c.Files = r.readFiles(t)
	c.Sweep = r.readSweep(t)
	r.readWindows(t, &c)
	c.keyed, c.parted = c.List.Key != "", c.Detail != nil || c.Acknowledge != nil || c.Files != nil
	switch {
	case !c.keyed && (!c.List.Texts || c.Detail != nil):
		t.Report("key", strict.Say("missing"), hinted.Say("preset.write-key"))
	case c.List.Texts && c.Detail == nil:
		t.Report("texts", hinted.Say("preset.texts-alone"))
	case c.Sweep != nil && c.Detail == nil:
		t.Report("sweep", hinted.Say("preset.sweep-alone"))
	}
	return c
}

// readListing reads how a list is asked for, and where its records are.
func (r *reader) readListing(t *strict.Table, known ...string) Listing {
	l := Listing{Call: r.call(t, "list", r.definition.Calls, known...), Body: t.Text("body", ""), Records: t.Pointer("records", ""),
		Each: t.Pointer("each", ""), With: t.Pointers("with", strict.Say("write-list")),
		Texts: t.Boolean("texts", false), Key: t.Pointer("key", "")}
	if l.Call.Method == "POST" && l.Body == "" {
		l.Body = "{}"
	}
	var body map[string]any
	if l.Body != "" && (l.Call.Method == "GET" || json.Unmarshal([]byte(l.Body), &body) != nil) {
		t.Report("body", hinted.Say("preset.no-body"))
	}
	if t.Has("page") {
		l.Page = r.readPage(t.Table("page"), &l)
	}
	t.Know("page")
	return l
}

func (r *reader) readPage(t *strict.Table, l *Listing) *Paging {
	defer t.Finish()
	p := &Paging{Number: r.place(t, "number", l), Offset: r.place(t, "offset", l), Limit: r.place(t, "limit", l),
		Size: t.Integer("size", 100, 1, 10_000), Pages: t.Pointer("pages", ""), Total: t.Pointer("total", ""), Echo: t.Pointer("echo", "")}
	p.First = t.Integer("first", 1, 0, 1)
	if (p.Number == "") == (p.Offset == "") {
		t.Report("number", hinted.Say("preset.page-how"))
	}
	return p
}

// place reads where a value goes: a pointer into the body of a POST, or a parameter.
func (r *reader) place(t *strict.Table, key string, l *Listing) string {
	if !t.Has(key) {
		t.Know(key)
		return ""
	}
	if strings.HasPrefix(t.Text(key, ""), "/") {
		if l.Call.Method == "GET" {
			t.Report(key, hinted.Say("preset.no-body"))
		}
		return t.MemberPointer(key)
	}
	value := t.Text(key, "")
	if !parameter().MatchString(value) || verbs().MatchString(value) {
		t.Report(key, hinted.Say("preset.no-parameter"))
		return ""
	}
	return value
}

func (r *reader) readOwner(t *strict.Table) (all []Owner) {
	if !t.Has("owner") {
		t.Know("owner")
		return nil
	}
	for _, o := range t.Tables("owner") {
		rule := Owner{Any: o.Pointers("any", strict.Say("write-list"))}
		if len(rule.Any) == 0 {
			o.Report("any", strict.Say("missing"), strict.Say("write-list"))
		}
		when := o.Table("when")
		for _, pointer := range when.Node.Keys {
			if rule.When == nil {
				rule.When = map[string]string{}
			}
			rule.When[pointer] = when.Text(pointer, "")
		}
		when.Finish()
		o.Finish()
		all = append(all, rule)
	}
	return all
}

func (r *reader) readFiles(t *strict.Table) *Files {
	if !t.Has("files") {
		t.Know("files")
		return nil
	}
	f := t.Table("files")
	defer f.Finish()
	return &Files{List: r.call(f, "list", r.definition.Calls, "key"), Get: r.call(f, "get", r.definition.Calls, "key", "id"),
		Records: f.Pointer("records", ""), ID: f.MemberPointer("id"), Size: f.Pointer("size", ""), SHA256: f.Pointer("sha256", ""),
		Type: f.Pointer("type", "")}
}

const mostDays = 4000 * strict.Day

func (r *reader) readSweep(t *strict.Table) *Sweep {
	if !t.Has("sweep") {
		t.Know("sweep")
		return nil
	}
	s := t.Table("sweep")
	defer s.Finish()
	return &Sweep{List: r.readListing(s, "since", "until"), Format: s.Choice("format", FormatDay, FormatDay, FormatMoment),
		Sweep: jobs.Sweep{Every: s.Duration("every", 7*strict.Day, strict.Day, mostDays),
			Overlap: s.Duration("overlap", 2*strict.Day, 0, mostDays), First: s.Duration("first", 30*strict.Day, strict.Day, mostDays),
			Reach: s.Integer("reach", 1000, 1, 1_000_000)}}
}

func (r *reader) readWindows(t *strict.Table, c *Collection) {
	if !t.Has("windows") {
		t.Know("windows")
		// A list of what is new is empty every day; any other shows all that there is.
		c.Windows = []Window{{Window: jobs.Window{Name: "all", Whole: c.Acknowledge == nil}}}
		return
	}
	taken := map[string]bool{}
	for _, w := range t.Tables("windows") {
		c.Windows = append(c.Windows, r.readWindow(w, c))
		last := &c.Windows[len(c.Windows)-1]
		if taken[last.Name] {
			w.Report("name", strict.Say("twice"))
		}
		taken[last.Name] = true
		w.Finish()
	}
	if len(c.Windows) == 0 {
		t.Report("windows", strict.Say("empty"))
	}
}

func (r *reader) readWindow(t *strict.Table, c *Collection) Window {
	w := Window{From: r.place(t, "from", &c.List), To: r.place(t, "to", &c.List),
		Format: t.Choice("format", FormatDay, FormatDay, FormatMoment),
		Window: jobs.Window{Name: t.Matching("name", collectionName, strict.Say("no-name"), strict.Say("name-form")),
			Span: strict.Day * time.Duration(t.Integer("days", 0, 1, 4000)), Since: t.Boolean("since", false),
			Overlap: t.Duration("overlap", 2*strict.Day, 0, mostDays), First: t.Duration("first", 400*strict.Day, strict.Day, mostDays),
			Whole: t.Boolean("whole", false)}}
	dated := t.Pointer("dated", "")
	if !w.Since {
		w.Overlap, w.First = 0, 0
	}
	switch {
	case w.Since && w.Span > 0:
		t.Report("days", hinted.Say("preset.days-or-since"))
	case (w.Since || w.Span > 0) != (w.From != ""):
		t.Report("from", hinted.Say("preset.window-from"))
	case w.Whole && (w.Span == 0 || dated == ""):
		t.Report("whole", hinted.Say("preset.whole-dated"))
	case dated != "" && c.Dated != "" && dated != c.Dated:
		t.Report("dated", hinted.Say("preset.one-date"))
	}
	if dated != "" {
		c.Dated = dated
	}
	return w
}
