package web

import (
	"net/http"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/report/locale"
)

// route is a page, or what a form of one does.
type route struct {
	pattern string        // as http.ServeMux takes it, with its method
	role    accounts.Role // that the person must have: for the dossier of of, else for any one
	// of is whose the request is; nil = several dossiers': the handler shows and changes those for which the person has the role
	of     func(*request) (dossier string, err error)
	stepUp bool // the person must have proved lately who that is
	open   bool // to everybody, signed in or not
	quiet  bool // asked by a script: it does not keep a session alive
	handle func(*request) (page, error)
}

// routes are all of them. A page is: a line here, a handler in its file, a template of its name, words in locale/web.go.
func routes() []route {
	return []route{
		{pattern: "GET /login", open: true, handle: showLogin},
		{pattern: "POST /login", open: true, handle: login},
		{pattern: "POST /login/oidc", open: true, handle: loginAtIssuer},
		{pattern: "GET " + app.IssuerReturn, open: true, handle: returned},
		{pattern: "GET /invitation", open: true, handle: showInvitation},
		{pattern: "POST /invitation", open: true, handle: enterInvitation},
		{pattern: "POST /invitation/accept", open: true, handle: acceptInvitation},
		{pattern: "POST /invitation/oidc", open: true, handle: acceptAtIssuer},
		{pattern: "POST /prove/oidc", role: accounts.Read, handle: proveAtIssuer},
		{pattern: "POST /logout", role: accounts.Read, handle: logout},
		{pattern: "GET /account", role: accounts.Read, handle: showAccount},
		{pattern: "POST /account/password", role: accounts.Read, handle: changePassword},
		{pattern: "POST /account/sessions/{id}/end", role: accounts.Read, handle: endSession},

		{pattern: "GET /{$}", role: accounts.Read, handle: showHome},
		{pattern: "GET /fleet", role: accounts.Read, handle: showFleet},
		{pattern: "POST /causes/{cause}/note", role: accounts.Prepare, handle: noteCause},
		{pattern: "POST /causes/{cause}/relaunch", role: accounts.Prepare, handle: relaunch},
		{pattern: "GET /waiting", role: accounts.Read, handle: showWaiting},
		{pattern: "GET /months/{dossier}", role: accounts.Read, of: ofDossier, handle: showMonth},
		{pattern: "GET /months/{dossier}/{period}", role: accounts.Read, of: ofDossier, handle: showMonth},
		{pattern: "POST /months/{dossier}/{period}/close", role: accounts.Approve, of: ofDossier, stepUp: true, handle: closeMonth},
		{pattern: "GET /runs/{run}", role: accounts.Read, of: ofRun, handle: showRun},
		{pattern: "GET /runs/{run}/progress", role: accounts.Read, of: ofRun, quiet: true, handle: showProgress},
		{pattern: "POST /runs/{run}/approve", role: accounts.Approve, of: ofRun, stepUp: true, handle: approveRun},
		{pattern: "POST /runs/{run}/settle", role: accounts.Prepare, of: ofRun, stepUp: true, handle: settleRun},
		{pattern: "POST /runs/{run}/cancel", role: accounts.Prepare, of: ofRun, handle: cancelRun},
		{pattern: "POST /runs/{run}/resume", role: accounts.Prepare, of: ofRun, handle: resumeRun},
		{pattern: "POST /runs/{run}/resend", role: accounts.Prepare, of: ofRun, handle: resendRun},
		{pattern: "GET /runs", role: accounts.Read, handle: showRuns},
		{pattern: "GET /runs/{run}/employees/{item}", role: accounts.Read, of: ofRun, handle: showEmployee},
		{pattern: "POST /runs/{run}/employees/{item}/reveal", role: accounts.Read, of: ofRun, stepUp: true, handle: reveal},
		{pattern: "GET /employees", role: accounts.Read, handle: showSearch},
		{pattern: "POST /employees", role: accounts.Read, handle: search},
		{pattern: "GET /journal", role: accounts.Read, handle: showJournal},
		{pattern: "GET /journal.csv", role: accounts.Read, handle: showJournalTable},
		{pattern: "GET /health", role: accounts.Read, handle: showHealth},
		{pattern: "POST /health/test", role: accounts.Admin, handle: testAlerts},
		{pattern: "GET /contract", role: accounts.Read, handle: showContract},
		{pattern: "POST /contract/accept", role: accounts.Approve, stepUp: true, handle: acceptContract},
		{pattern: "GET /nomenclatures", role: accounts.Read, handle: showCodes},
		{pattern: "GET /nomenclatures/{dossier}", role: accounts.Read, of: ofDossier, handle: showCodesOf},
		{pattern: "GET /nomenclatures/{dossier}/{name}", role: accounts.Read, of: ofDossier, handle: showCodesOf},
		{pattern: "POST /nomenclatures/{dossier}/fetch", role: accounts.Admin, of: ofDossier, handle: fetchCodes},
		{pattern: "GET /reception", role: accounts.Read, handle: showReception},
		{pattern: "GET /reception/{dossier}/{partner}/{collection}/{key...}", role: accounts.Read, of: ofDossier, handle: showRecord},
		{pattern: "GET /plans/{job}/{dossier}/{period}", role: accounts.Read, of: ofDossier, handle: showPlan},
		{pattern: "POST /plans/{job}/{dossier}/{period}/send", role: accounts.Prepare, of: ofDossier, handle: sendPlan},
		{pattern: "GET /schedule", role: accounts.Read, handle: showPlanning},
		{pattern: "POST /schedule/{job}/pause", role: accounts.Prepare, handle: pauseJob},
		{pattern: "POST /schedule/{job}/unpause", role: accounts.Prepare, handle: unpauseJob},
	}
}

// navigation is what stands above each page, for who has the role for any dossier.
var navigation = []struct {
	path string
	role accounts.Role
	word func(*locale.WebWords) string
}{
	{"/", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Home }},
	{"/waiting", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Waiting }},
	{"/runs", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Runs }},
	{"/employees", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Employees }},
	{"/schedule", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Plan }},
	{"/journal", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Journal }},
	{"/nomenclatures", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Codes }},
	{"/reception", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Reception }},
	{"/contract", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Contract }},
	{"/health", accounts.Read, func(w *locale.WebWords) string { return w.Nav.Health }},
}

// changes reports whether a request may change something.
func changes(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
