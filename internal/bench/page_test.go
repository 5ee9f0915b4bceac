package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
	"syncd/internal/testpg"
	"syncd/internal/web"
)

// visitor is somebody who is signed in, and the page that they look at.
type visitor struct {
	site   http.Handler
	rig    *rig // of its database
	cookie string
	tag    string // of what the script that follows a run has already; "" = nothing
}

// newSite is the page of an App, which it closes, and who looks at it: of one dossier, or of all. They may everything there.
func newSite(b *testing.B, a *app.App, db *testpg.DB, dossiers ...string) (visitors []*visitor) {
	b.Helper()
	a.Config.Web = config.Web{PublicURL: "https://page.example.org"}
	server := web.New(a, zerolog.Nop(), os.Getenv)
	b.Cleanup(server.Close)
	handler := server.Handler()
	service, err := a.Accounts(b.Context())
	must(b, err)
	for i, dossier := range dossiers {
		cookie := signIn(b, service, fmt.Sprint("visitor.", i), dossier)
		visitors = append(visitors, &visitor{site: handler, rig: &rig{b: b, db: db}, cookie: cookie})
	}
	return visitors
}

func signIn(b *testing.B, service accounts.Service, name, dossier string) (cookie string) {
	b.Helper()
	var grants accounts.Grants
	for _, role := range []accounts.Role{accounts.Read, accounts.Prepare, accounts.Approve, accounts.Admin} {
		grants = append(grants, accounts.Grant{Role: role, Dossier: dossier})
	}
	invite, err := service.Add(b.Context(), accounts.Account{Name: name, Language: "fr", Grants: grants},
		ledger.Person{Name: "root", System: "root", Channel: ledger.ByCommand, Proof: ledger.ProofSystem})
	must(b, err)
	invited, err := service.Invitation(b.Context(), invite.Code)
	must(b, err)
	const password = "une phrase facile à retenir"
	entered, err := service.Accept(b.Context(), accounts.Acceptance{Invitation: invite.Code, Password: password, Again: password,
		Code: accounts.Code(invited.Secret, time.Now())})
	must(b, err)
	return entered.Token
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// get asks for a page as a browser does, and wants this status.
func (v *visitor) get(b *testing.B, path string, status int) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "https://page.example.org"+path, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: v.cookie})
	if v.tag != "" {
		r.Header.Set("If-None-Match", v.tag)
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	if w.Code != status {
		b.Fatalf("%s: %d\n%s", path, w.Code, tail(w.Body.String()))
	}
	return w
}

const sessionCookie = "__Host-syncd"

// most is what a page may cost; 0 = as much as it likes. What a busy machine makes longer is told beside its aim, and fails nothing.
type most struct {
	time       time.Duration
	size       int // bytes
	statements float64
}

// measure looks at a page for as long as the benchmark lasts: its time, size and statements, beside what they may be.
func (v *visitor) measure(b *testing.B, path string, status int, may most) {
	b.Helper()
	first := v.get(b, path, status)
	before, postgres, used := v.rig.statements(), v.rig.serverCPU(), -cpu()
	for b.Loop() {
		v.get(b, path, status)
	}
	used += cpu()
	each, size, statements := b.Elapsed()/time.Duration(b.N), first.Body.Len(), float64(v.rig.statements()-before)/float64(b.N)
	b.ReportMetric(float64(each.Microseconds())/1000, "ms")
	b.ReportMetric(used.Seconds()*1000/float64(b.N), "cpu-ms")
	b.ReportMetric((v.rig.serverCPU()-postgres).Seconds()*1000/float64(b.N), "postgres-cpu-ms")
	b.ReportMetric(float64(size)/1024, "KiB")
	b.ReportMetric(statements, "statements")
	b.ReportMetric(0, "ns/op")
	if may.time > 0 {
		b.ReportMetric(each.Seconds()/may.time.Seconds(), "×aim")
	}
	if may.size > 0 && size > may.size || may.statements > 0 && statements > may.statements {
		b.Errorf("%s has %d bytes and takes %.3g statements: %+v may be", path, size, statements, may)
	}
}

// cpu is what this process has used of the processors. Postgres has processes of its own.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// logged is a server that logs every statement, so that they can be counted.
func logged(b *testing.B) *testpg.Server {
	b.Helper()
	return testpg.Alone(b, testpg.Options{Settings: map[string]string{"log_statement": "all"}})
}

// BenchmarkFleetPage looks at a year of 300 dossiers on the page, and at the home of who has one of them.
func BenchmarkFleetPage(b *testing.B) {
	db := logged(b).New(b, apptest.Template)
	a, names := newMonths(b, db)
	visitors := newSite(b, a, db, "", names[0])
	b.Run("fleet", func(b *testing.B) {
		visitors[0].measure(b, "/", http.StatusOK, most{time: 100 * time.Millisecond, size: 350 << 10, statements: 18})
	})
	b.Run("waiting", func(b *testing.B) {
		visitors[0].measure(b, "/waiting", http.StatusOK, most{time: 100 * time.Millisecond, size: 350 << 10, statements: 22})
	})
	b.Run("home", func(b *testing.B) { visitors[1].measure(b, "/", http.StatusOK, most{time: 50 * time.Millisecond}) })
}

// BenchmarkRunPage looks at a run that holds 200 employees who differ, and asks as a script does whether it has gone on.
func BenchmarkRunPage(b *testing.B) {
	const employees = 200
	db := logged(b).New(b, apptest.Template)
	api, err := standin.New(standin.Config{ClientID: apptest.Credentials.ID, ClientSecret: apptest.Credentials.Secret,
		Dossiers: apptest.Dossiers, Seed: 1})
	must(b, err)
	partner := httptest.NewServer(api)
	b.Cleanup(partner.Close)
	a := newApp(b, db, partner.URL)
	hire(b, db, employees)
	execute(b, a, "dictionnaire")
	execute(b, a, "paie")
	db.Exec(b, `UPDATE staging.employee SET ville = 'NANTES', iban = 'FR7630006000011234567890189' WHERE dossier = $1`, dossier)
	run := execute(b, a, "paie")
	v := newSite(b, a, db, dossier)[0]
	path := fmt.Sprint("/runs/", run.ID)
	b.Run("run", func(b *testing.B) { v.measure(b, path+"?all", http.StatusOK, most{time: 150 * time.Millisecond}) })
	b.Run("employee", func(b *testing.B) { v.measure(b, path+"/employees/1", http.StatusOK, most{}) })
	db.Exec(b, `UPDATE syncd.run SET state = 'queued', finished_at = NULL WHERE id = $1`, run.ID)
	v.tag = v.get(b, path+"/progress", http.StatusOK).Header().Get("ETag")
	b.Run("followed", func(b *testing.B) { v.measure(b, path+"/progress", http.StatusNotModified, most{statements: 4}) })
}

// hire fills staging with so many employees of the one dossier.
func hire(b *testing.B, db *testpg.DB, employees int) {
	b.Helper()
	options := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 2, Period: period, Seed: 1}
	var staff, elements [][]any
	for e := range sample.Employees(options) {
		staff = append(staff, e.Row())
	}
	for e := range sample.Elements(options) {
		elements = append(elements, e.Row())
	}
	db.Exec(b, `TRUNCATE staging.employee, staging.payroll_element`)
	conn := db.Connect(b)
	_, err := conn.CopyFrom(b.Context(), sample.EmployeeTable, sample.EmployeeColumns, pgx.CopyFromRows(staff))
	must(b, err)
	_, err = conn.CopyFrom(b.Context(), sample.ElementTable, sample.ElementColumns, pgx.CopyFromRows(elements))
	must(b, err)
}

// unseen is progress that nobody watches.
type unseen struct{ jobs.Silent }

func (unseen) Done() {}

// execute executes a job for the one dossier, as a daemon does.
func execute(b *testing.B, a *app.App, job string) *jobs.Run {
	b.Helper()
	order := app.Order{Job: job, Selection: app.Selection{Dossiers: []string{dossier}}, Decision: app.Decision{By: "marie"}}
	if job == "paie" {
		order.Period = period
	}
	ordered, err := a.Runs().Order(b.Context(), order)
	must(b, err)
	outcomes, err := ordered.Execute(b.Context(), func(string) app.Progress { return unseen{} })
	must(b, err)
	for o := range outcomes {
		must(b, o.Err)
		return o.Run
	}
	b.Fatal("nothing was executed")
	return nil
}
