package web

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"syncd/internal/testpg"
)

// manyMonths are three months of forty dossiers more: of the last, some lack three for a code of their own, and some hold three.
const manyMonths = `INSERT INTO syncd.target (partner, environment, base_url, dossier, siret)
SELECT t.partner, t.environment, t.base_url, 'ecole-' || n, (30000000000000 + n)::text
FROM syncd.target t, generate_series(1, 40) n WHERE t.dossier = 'saint-martin';
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, started_at, planned_at, finished_at,
                       employees_read, accepted, blocked, held, elements_read, elements_in_documents, elements_blocked)
SELECT t.id, 'paie', 'push-salaries', m.period, 'schedule', CASE WHEN missing THEN 'incomplete' ELSE 'succeeded' END,
       (SELECT key_id FROM syncd.ledger_key), '', now(), now(), now(), 5, CASE WHEN missing THEN 2 ELSE 5 END,
       CASE WHEN missing AND t.id % 2 = 0 THEN 3 ELSE 0 END, CASE WHEN missing AND t.id % 2 = 1 THEN 3 ELSE 0 END, 0, 0, 0
FROM syncd.target t, (SELECT '2026-' || lpad(n::text, 2, '0') AS period, n = 11 AS missing FROM generate_series(9, 11) n) m WHERE t.dossier LIKE 'ecole-%'`

// manyItems are whom those runs read.
const manyItems = `INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version, ambiguous,
                        reason_code, problems, payload)
SELECT r.id, k, r.target_id, r.period, lpad(k::text, 5, '0'),
       CASE WHEN k > 3 OR r.state = 'succeeded' THEN 'accepted' WHEN r.blocked > 0 THEN 'blocked' ELSE 'held' END, '=', 1, 0, 0, false, '',
       CASE WHEN k <= 3 AND r.blocked > 0 THEN json_build_array(json_build_object('code', 'unknown-code', 'path', 'Contrat.CodeNature',
         'column', 'contrat', 'value', r.id::text, 'dictionary', 'NatureContrat')) END,
       CASE WHEN k <= 3 AND r.held > 0 THEN '\x00'::bytea END
FROM syncd.run r, generate_series(1, 5) k WHERE r.employees_read = 5`

// pagesCost is how many statements a page may take, by its route, with who asks and that the service lives: whatever number of dossiers,
// runs and people it tells of. An employee's sheet and a preview plan what would be sent now, which reads staging by the rules of a run.
var pagesCost = map[string]struct {
	path string
	most int
}{
	"GET /{$}":                            {"/", 18},
	"GET /fleet":                          {"/fleet", 18},
	"GET /waiting":                        {"/waiting", 20},
	"GET /months/{dossier}":               {"/months/saint-martin", 19},
	"GET /months/{dossier}/{period}":      {"/months/saint-martin/2026-11", 18},
	"GET /runs/{run}":                     {"/runs/RUN", 12},
	"GET /runs/{run}/progress":            {"/runs/RUN/progress", 3},
	"GET /runs":                           {"/runs", 4},
	"GET /runs/{run}/employees/{item}":    {"/runs/RUN/employees/1", 66},
	"GET /employees":                      {"/employees", 3},
	"GET /journal":                        {"/journal", 4},
	"GET /journal.csv":                    {"/journal.csv", 2},
	"GET /health":                         {"/health", 18},
	"GET /contract":                       {"/contract", 7},
	"GET /nomenclatures":                  {"/nomenclatures", 4},
	"GET /nomenclatures/{dossier}":        {"/nomenclatures/saint-martin", 7},
	"GET /nomenclatures/{dossier}/{name}": {"/nomenclatures/saint-martin/NatureContrat", 7},
	"GET /reception":                      {"/reception", 6},
	"GET /reception/{dossier}/{partner}/{collection}/{key...}": {"/reception/saint-martin/chorus-pro/factures/1", 8},
	"GET /plans/{job}/{dossier}/{period}":                      {"/plans/paie/saint-martin/2026-11", 50},
	"GET /schedule":                                            {"/schedule", 10},
	"GET /account":                                             {"/account", 4},
}

// No page asks more often the more there is to tell.
func TestStatementsOfPages(t *testing.T) {
	t.Parallel()
	server := testpg.Shared(t)
	if server.Log == "" { // somebody else's
		server = testpg.Alone(t, testpg.Options{})
	}
	s := newSiteOn(t, server, manySchools)
	scheduled(s.config)
	s.db.Exec(t, `ALTER ROLE `+s.role+` SET log_statement = 'all'`)
	run := s.leftInNovember()
	s.db.Exec(t, manyMonths)
	s.db.Exec(t, manyItems)
	marie := s.signedIn("marie", everything...)
	marie.get("/account").want(http.StatusOK) // the ledger is open
	for _, route := range routes() {
		cost, known := pagesCost[route.pattern]
		switch {
		case route.open || !strings.HasPrefix(route.pattern, "GET "):
			continue
		case !known:
			t.Errorf("nobody says how many statements %s may take", route.pattern)
			continue
		}
		path := strings.ReplaceAll(cost.path, "/runs/RUN", runPath(run.ID))
		asked := s.executes(func() { marie.get(path) })
		if len(asked) > cost.most || len(asked) == 0 {
			t.Errorf("%s takes %d statements, at most %d may be:\n%s", path, len(asked), cost.most, strings.Join(asked, "\n"))
		}
	}
}

var statement = regexp.MustCompile(`(?m)^.* LOG:  (?:statement|execute [^:]*): (.*)`)

// executes are the statements that the database of the site executes meanwhile, but for the question whether a connection lives that
// nobody used for a second. The log is that of many tests, and long.
func (s *site) executes(meanwhile func()) (statements []string) {
	s.t.Helper()
	file, err := os.Open(s.db.Server.Log)
	s.must(err)
	defer file.Close()
	_, err = file.Seek(0, io.SeekEnd)
	s.must(err)
	meanwhile()
	log, err := io.ReadAll(file)
	s.must(err)
	for _, found := range statement.FindAllStringSubmatch(string(log), -1) {
		if strings.Contains(found[0], " "+s.db.Name+" ") && found[1] != "-- ping" {
			statements = append(statements, found[1])
		}
	}
	return statements
}
