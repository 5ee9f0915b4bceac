package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

// page is what a handler answers.
type page struct {
	template string // its file in templates, without .html
	title    string
	data     any    // {{.Data}} of the template
	status   int    // 0 = 200
	redirect string // instead of a template: where a form leads, once it is done
	content  []byte // instead of a template: a file
	file     string // its name
	onward   string // where the browser goes on from the page that is shown; "" = nowhere
	block    string // that part of the template alone: a script has asked, and has it perhaps
	version  string // of the block: all that it says
}

// redirect is where a form leads once it is done. done is a code of web.done, told there once; "" = nothing.
func redirect(to, done string) page {
	if done != "" {
		sign := "?"
		if strings.Contains(to, "?") {
			sign = "&"
		}
		to += sign + "done=" + url.QueryEscape(done)
	}
	return page{redirect: to}
}

// refusal is what was refused of a form, for the page that shows it again; nil = nothing was.
type refusal struct{ Text, Hint string }

// told puts what was refused into words, where the person can do something about it; nil = it is told on a page of its own.
func (r *request) told(err error) *refusal {
	if app.Of(err) != app.Mistaken || app.NeedsAnotherPerson(err) {
		return nil
	}
	text, hint := words.Error(r.Words, err)
	return &refusal{text, hint}
}

// frame is what stands around each page, and the page's own data.
type frame struct {
	*request
	T        *locale.WebWords
	Language string
	Title    string
	Data     any
	Nav      []navLink
	Done     string   // what was done just now; "" = nothing
	Warnings []string // of environments in which nobody is paid
	Alarms   []string // nothing goes, or nothing can be decided, until an administrator has seen to it
	Unnamed  string   // why some employees are called by their matricule alone; "" = nothing kept their names
	Printed  string
}

type navLink struct {
	Path, Word string
	Here       bool
}

// Fill puts values into a text of the catalogue: names and values in turn.
func (f frame) Fill(text string, namesAndValues ...any) string {
	return f.Words.Fill(text, namesAndValues...)
}

// Time is a moment as people read it, by the clock of the configuration.
func (f frame) Time(at time.Time) string { return f.Words.Moment(at.In(f.App.Config.Zone())) }

// With is what a part of a page is given: the frame, and what it is about.
func (f frame) With(about any) []any { return []any{f, about} }

// Visible is a text with what would deceive its reader made visible.
func (f frame) Visible(text string) string { return view.Clean(text) }

// Path is the name of a member, which may be broken behind its dots.
func (f frame) Path(path string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(path), ".", ".<wbr>")) //nolint:gosec // it is escaped
}

// Heard is what a sign says to who hears it.
func (f frame) Heard(sign jobs.Difference) string { return f.T.Run.Signs[string(sign)] }

// Trio is With, about two things.
func (f frame) Trio(first, second any) []any { return []any{f, first, second} }

// Sign is that of a difference, as people read it.
func (r *request) Sign(sign jobs.Difference) string {
	if sign == jobs.Departed {
		return "−" // as high as the plus
	}
	return string(sign)
}

// Plus is a sum.
func (f frame) Plus(a, b int) int { return a + b }

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// pages are the templates of all pages, each with the base around it. They are parsed when the first is asked for: it takes 20 ms, and
// most commands of the program show none.
var pages = sync.OnceValue(parsePages)

func parsePages() map[string]*template.Template {
	base := template.Must(template.New("base.html").Option("missingkey=error").ParseFS(templateFiles, "templates/base.html",
		"templates/parts.html"))
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err) // they are part of the program
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if short != "base" && short != "parts" {
			all[short] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, name))
		}
	}
	return all
}

// write answers. A template goes into a buffer first: half a page is never sent.
func (s *Server) write(w http.ResponseWriter, r *request, p page, err error) {
	if err != nil {
		p = s.trouble(w, r, err)
	}
	for _, cookie := range r.cookies {
		http.SetCookie(w, cookie)
	}
	if p.onward != "" {
		w.Header().Set("Refresh", "0; url="+p.onward)
	}
	if changes(r.Request) {
		s.log.Info().Str("does", r.route.pattern).Str("account", r.who()).Int("status", statusOf(p)).Msg("a form of the page")
	}
	if p.redirect != "" {
		w.Header().Set("Location", p.redirect)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	if p.file != "" {
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(p.file)))
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.file}))
		_, _ = w.Write(p.content)
		return
	}
	if p.template == "" {
		w.WriteHeader(statusOf(p))
		return
	}
	if p.block != "" {
		tag := tagOf(r.Session, p.version)
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	var into bytes.Buffer
	if err := p.execute(&into, s.frame(r, &p)); err != nil {
		s.log.Error().Str("template", p.template).Str("trouble", err.Error()).Msg("a page could not be made")
		http.Error(w, r.Words.Web.Trouble.Unexpected, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(statusOf(p))
	_, _ = into.WriteTo(w) // a browser that has gone needs nothing
}

func (p *page) execute(into io.Writer, f frame) error {
	if p.block != "" {
		return pages()[p.template].ExecuteTemplate(into, p.block, f)
	}
	return pages()[p.template].Execute(into, f)
}

// tagOf names what a part of a page says, for this session alone.
func tagOf(session *accounts.Session, version string) string {
	h := sha256.New()
	h.Write(session.Hash[:])
	h.Write([]byte(version))
	return `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`
}

func statusOf(p page) int {
	switch {
	case p.redirect != "":
		return http.StatusSeeOther
	case p.status == 0:
		return http.StatusOK
	}
	return p.status
}

func (r *request) who() string {
	if r.Session == nil {
		return ""
	}
	return r.Session.Account
}

// frame is what stands around a page.
func (s *Server) frame(r *request, p *page) frame {
	t := &r.Words.Web
	f := frame{request: r, T: t, Language: r.language, Title: p.title, Data: p.data, Printed: r.Words.Moment(
		s.now().In(s.app.Config.Zone()))}
	if r.Session == nil {
		f.Warnings = s.warnings(r)
		return f
	}
	for _, n := range navigation {
		if r.Session.Grants.Anywhere(n.role) {
			f.Nav = append(f.Nav, navLink{n.path, n.word(t), within(r.URL.Path, n.path)})
		}
	}
	f.Done = t.Done[r.URL.Query().Get("done")]
	f.Unnamed = r.Words.Records.NamesTrouble[string(r.names.Trouble())]
	f.Warnings = s.warnings(r)
	if p.block != "" {
		return f
	}
	if p.template != "trouble" { // where the ledger cannot be asked, the page says so itself
		f.Alarms = r.alarms()
	}
	return f
}

// within reports whether a page belongs to what a link of the navigation leads to: "/" is the month, whatever number of dossiers it is of.
func within(page, link string) bool {
	if link == "/" {
		return page == "/" || page == "/fleet" || strings.HasPrefix(page, "/months/")
	}
	return page == link || strings.HasPrefix(page, link+"/")
}

// alarms tell of jobs that the page is about, or else of all that the person may see, which no daemon executes, or one by other rules.
func (r *request) alarms() (texts []string) {
	names := r.jobsHere()
	serving, err := r.App.Records().Serving(r.Context(), names)
	if err != nil {
		return nil
	}
	t := &r.Words.Web.Banner
	switch {
	case len(names) == 0:
	case len(serving.Unserved) == len(names):
		texts = append(texts, t.NoDaemon)
	case len(serving.Unserved) > 0:
		texts = append(texts, r.Words.Fill(t.Unserved, "jobs", strings.Join(serving.Unserved, ", ")))
	}
	for _, d := range serving.Lost {
		texts = append(texts, r.Words.Fill(t.Lost, "host", d.Host, "time", r.Words.Minute(d.Seen.In(r.App.Config.Zone()))))
	}
	texts = append(texts, r.untold()...)
	if len(serving.Differs) > 0 {
		texts = append(texts, r.Words.Fill(t.Differs, "jobs", strings.Join(serving.Differs, ", ")))
	}
	return texts
}

// untold tells that alerts do not leave; whom alone a server refuses, who administrates hears.
func (r *request) untold() (texts []string) {
	ways, refused, err := r.App.Alerts().Failing(r.Context())
	if err != nil {
		return nil
	}
	if len(ways) > 0 {
		texts = append(texts, r.Words.Fill(r.Words.Web.Banner.Untold, "ways", strings.Join(ways, ", ")))
	}
	if len(refused) > 0 && r.Session.Grants.Anywhere(accounts.Admin) {
		texts = append(texts, r.Words.Fill(r.Words.Web.Banner.Refused, "names", strings.Join(refused, ", ")))
	}
	return texts
}

// jobsHere are the jobs that a page is about.
func (r *request) jobsHere() (names []string) {
	if r.run != nil {
		return []string{r.run.Job}
	}
	for _, j := range r.App.Config.Jobs {
		for _, d := range r.App.Config.Dossiers(j) {
			if here := r.PathValue("dossier"); r.may(accounts.Read, d.Name) && (here == "" || here == d.Name) {
				names = append(names, j.Name)
				break
			}
		}
	}
	return names
}

// warnings name each environment in which nobody is paid.
func (s *Server) warnings(r *request) (texts []string) {
	for i := range s.app.Config.Partners {
		p := &s.app.Config.Partners[i]
		text := ""
		switch u, err := url.Parse(p.BaseURL); {
		case err == nil && loopback(u.Hostname()):
			text = r.Words.Fill(r.Words.Sandbox, "host", u.Host)
		case p.Environment != "production":
			text = r.Words.Environments[p.Environment]
		}
		if text != "" {
			texts = append(texts, r.Words.Fill(r.Words.Web.Banner.Environment, "environment", text))
		}
	}
	return texts
}

func loopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

// troubleData is why there is no page.
type troubleData struct {
	Text  string
	Lines []string // what an administrator is told
	Again bool     // it goes by itself: the page is asked for again
}

// trouble is the page instead of one that cannot be shown.
func (s *Server) trouble(w http.ResponseWriter, r *request, err error) page {
	t := &r.Words.Web.Trouble
	made := func(status int, title, text string) page {
		return page{template: "trouble", title: title, status: status, data: troubleData{Text: text}}
	}
	var forbidden *forbiddenError
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, jobs.ErrNoRun):
		return made(http.StatusNotFound, t.NotFound, t.NotFoundText)
	case errors.As(err, &forbidden):
		return made(http.StatusForbidden, t.Forbidden, r.Words.Fill(t.ForbiddenText, "who", s.whoMay(r, forbidden)))
	case errors.Is(err, errForeign):
		return made(http.StatusForbidden, t.Foreign, t.ForeignText)
	case errors.Is(err, errHost):
		return made(http.StatusMisdirectedRequest, t.Host, t.HostText)
	case errors.Is(err, errTooLarge):
		return made(http.StatusRequestEntityTooLarge, t.TooLarge, t.TooLargeText)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), app.Of(err) == app.Unreachable:
		w.Header().Set("Retry-After", "10")
		p := made(http.StatusServiceUnavailable, t.Away, t.AwayText)
		p.data = troubleData{Text: t.AwayText, Lines: []string{s.away(r, err)}, Again: !changes(r.Request)}
		return p
	}
	if app.IsUnrecorded(err) {
		s.log.Error().Str("page", r.route.pattern).Str("trouble", err.Error()).Msg("nothing is shown, as it cannot be recorded who sees it")
		return made(http.StatusServiceUnavailable, t.Unrecorded, t.UnrecordedText)
	}
	text, hint := words.Error(r.Words, err)
	if app.NeedsAnotherPerson(err) {
		p := made(http.StatusForbidden, t.Forbidden, text)
		p.data = troubleData{Text: text, Lines: []string{hint}}
		return p
	}
	switch app.Of(err) {
	case app.Mistaken, app.Busy, app.Incomplete, app.Waiting:
		p := made(http.StatusConflict, t.Refused, text)
		if hint != "" {
			p.data = troubleData{Text: text, Lines: []string{hint}}
		}
		return p
	case app.Misconfigured:
		p := made(http.StatusServiceUnavailable, t.Unready, t.UnreadyText)
		p.data = troubleData{Text: t.UnreadyText, Lines: []string{text, hint}}
		return p
	case app.Done, app.Unexpected, app.Unreachable:
	}
	number := rand.Text()[:8]
	s.log.Error().Str("number", number).Str("page", r.route.pattern).Str("trouble", err.Error()).Msg("the page met something unexpected")
	return made(http.StatusInternalServerError, t.Unexpected, r.Words.Fill(t.UnexpectedText, "number", number))
}

// away is the line that is read out to an administrator while the database is away. What Postgres or the network said may name a host:
// that is in the journal alone, once a minute however many tabs ask.
func (s *Server) away(r *request, err error) string {
	t, now := &r.Words.Web.Trouble, s.now()
	why := t.AwayGone
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		why = t.AwaySlow
	}
	if last := s.awayTold.Load(); now.Unix()-last >= 60 && s.awayTold.CompareAndSwap(last, now.Unix()) {
		s.log.Error().Str("page", r.route.pattern).Str("trouble", hinted.FirstLine(err.Error())).Msg("the ledger's database does not answer")
	}
	return r.Words.Fill(t.AwayLine, "time", r.Words.Moment(now.In(s.app.Config.Zone())), "why", why)
}

// whoMay names those who have a role.
func (s *Server) whoMay(r *request, f *forbiddenError) string {
	names := s.peopleWith(r, f)
	if len(names) == 0 {
		return r.Words.Web.Trouble.Nobody
	}
	return strings.Join(names, ", ")
}

// peopleWith are those who may and can: who has never signed in decides nothing yet.
func (s *Server) peopleWith(r *request, f *forbiddenError) (names []string) {
	if r.people == nil {
		r.people = sync.OnceValues(func() ([]accounts.Account, error) {
			service, err := s.accounts(r.Context())
			if err != nil {
				return nil, err
			}
			return service.Ledger.Accounts(r.Context(), "")
		})
	}
	all, err := r.people()
	if err != nil {
		return nil
	}
	for i := range all {
		a := &all[i]
		has := len(f.dossiers) > 0 || a.Grants.Anywhere(f.role)
		for _, dossier := range f.dossiers {
			has = has && a.Grants.May(f.role, dossier)
		}
		if f.run != nil && f.run.WaitsForAnother(a.Name, a.System, false) {
			has = false
		}
		if has && a.Ready && a.DisabledAt == nil {
			names = append(names, a.Called())
		}
	}
	return names
}

// static serves the style sheet and the script, which change with the program alone.
func (s *Server) static() http.Handler {
	tags := map[string]string{}
	_ = fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			content, readErr := staticFiles.ReadFile(name)
			sum := sha256.Sum256(content)
			tags["/"+name] = `"` + hex.EncodeToString(sum[:8]) + `"`
			return readErr
		}
		return err
	})
	files := http.FileServerFS(staticFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag, known := tags[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
