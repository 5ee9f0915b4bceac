package process

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/partner"
	choruspro "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	jindexe "syncd/internal/partner/jindexe/standin"
	"syncd/internal/sandbox"
)

// reading is a world in which one partner is read from, and nobody else is: its configuration has no [isidoor].
type reading struct {
	*world
	profile string
	schools []sandbox.Dossier
	secret  string // of the client
	api     *sandbox.Server
	calls   *calls
}

// twoDossiers are those of the samples, as the stand-ins know them.
var twoDossiers = sandbox.MadeUp([]sandbox.Dossier{{Name: dossier, Siret: siret}, {Name: "sainte-anne", Siret: siretOf("sainte-anne")}})

// newReading makes a world around a stand-in. settings are further lines of [[partner]].
func newReading(t *testing.T, profile string, api *sandbox.Server, dossiers []sandbox.Dossier, settings ...string) *reading {
	t.Helper()
	r := &reading{world: emptyWorld(t), profile: profile, schools: dossiers, secret: clientSecret, api: api, calls: &calls{inner: api}}
	r.listen(r.calls)
	r.write(settings...)
	return r
}

// readIopole is a world around a stand-in of Iopole.
func readIopole(t *testing.T, config iopole.Config, settings ...string) (*reading, *iopole.Sandbox) {
	t.Helper()
	config.ClientID, config.ClientSecret = "our-editor", clientSecret
	if config.Dossiers == nil {
		config.Dossiers = twoDossiers[:1]
	}
	s, err := iopole.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return newReading(t, iopole.Profile, s.Server, config.Dossiers, settings...), s
}

// readChorus is a world around a stand-in of Chorus Pro.
func readChorus(t *testing.T, config choruspro.Config, settings ...string) (*reading, *choruspro.Sandbox) {
	t.Helper()
	config.ClientID, config.ClientSecret = "our-editor", clientSecret
	if config.Dossiers == nil {
		config.Dossiers = twoDossiers[:1]
	}
	s, err := choruspro.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return newReading(t, choruspro.Profile, s.Server, config.Dossiers, settings...), s
}

// readJindexe is a world around a stand-in of Jindexe.
func readJindexe(t *testing.T, config jindexe.Config, settings ...string) (*reading, *jindexe.Sandbox) {
	t.Helper()
	config.APIKey = clientSecret
	if config.Dossiers == nil {
		config.Dossiers = twoDossiers[:1]
	}
	s, err := jindexe.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return newReading(t, jindexe.Profile, s.Server, config.Dossiers, settings...), s
}

var ofDossiers = regexp.MustCompile(`(?s)\[\[dossier\]\]\n.*\n\n(\[\[job\]\])`)

// write writes the configuration that a rehearsal with the partner has, with its secrets in files, and short times.
func (r *reading) write(settings ...string) {
	r.t.Helper()
	standIn := partner.OfProfile(r.profile).StandIn
	r.writeTo(filepath.Join(r.dir, "config.toml"), r.server.URL+standIn.Path, r.server.URL+standIn.API.TokenPath, settings...)
}

func (r *reading) writeTo(file, baseURL, tokenURL string, settings ...string) {
	r.t.Helper()
	given := strings.Join(settings, "\n")
	if !strings.Contains(given, "rate_per_minute") {
		given += "\nrate_per_minute = 100000"
	}
	var sections strings.Builder
	files := map[string]string{"ledger-key": ledgerKey}
	for _, d := range r.schools {
		fmt.Fprintf(&sections, "[[dossier]]\nname = %q\nsiret = %q\n[dossier.%s]\n", d.Name, d.Siret, r.profile)
		switch r.profile {
		case iopole.Profile:
			fmt.Fprintf(&sections, "customer_id = %q\n\n", d.Customer)
		case choruspro.Profile:
			fmt.Fprintf(&sections, "login = %q\npassword = { file = \"%s.secret\" }\n\n", d.Login, d.Name)
			files[d.Name] = d.Password
		case jindexe.Profile:
			fmt.Fprintf(&sections, "username = %q\npassword = { file = \"%s.secret\" }\n\n", d.Login, d.Name)
			files[d.Name] = d.Password
		}
	}
	text := "\n" + partner.OfProfile(r.profile).StandIn.Samples[r.profile]
	text = ofDossiers.ReplaceAllString(text, strings.ReplaceAll(sections.String(), "$", "$$")+"$1")
	for _, of := range credential.FindAllStringSubmatch(text, -1) {
		files[of[1]] = cmp.Or(files[of[1]], r.secret)
	}
	text = credential.ReplaceAllString(text, `{ file = "$1.secret" }`)
	for from, to := range map[string]string{
		`language = "fr"`:          `language = "en"`,
		`schedule = "@hourly"`:     scheduled(dailyButNotNow),
		`url = "postgres:///paie"`: "url = { env = \"PROCESS_DATABASE_URL\" }\nlease = \"2s\"",
		"[[partner]]":              "[daemon]\n\n[[partner]]",
		`# base_url = ""`:          `base_url = "` + baseURL + `"`,
		"rate_per_minute = 6000 # the stand-in bears it": strings.TrimPrefix(given, "\n"),
	} {
		if !strings.Contains(text, "\n"+from+"\n") {
			r.t.Fatalf("the sample has no line %q", from)
		}
		text = strings.Replace(text, "\n"+from+"\n", "\n"+to+"\n", 1)
	}
	text = strings.Replace(text, "\n# token_url = \"\"\n", "\ntoken_url = \""+tokenURL+"\"\n", 1)
	r.must(os.WriteFile(file, []byte(text), 0o600))
	for name, content := range files {
		r.must(os.WriteFile(filepath.Join(filepath.Dir(file), name+".secret"), []byte(content+"\n"), 0o600))
	}
}

// dailyButNotNow is a schedule that fires in twelve hours: @hourly fires in the middle of a test now and then.
var dailyButNotNow = time.Now().UTC().Add(12 * time.Hour).Format("4 15 * * *")

func scheduled(spec string) string { return `schedule = "` + spec + `"` }

// schedule lets the job fire otherwise, with further settings of it.
func (r *reading) schedule(file, spec string, settings ...string) {
	r.t.Helper()
	r.change(file, "\n"+scheduled(dailyButNotNow)+"\n", "\n"+strings.Join(append([]string{scheduled(spec)}, settings...), "\n")+"\n")
}

// faults changes what the stand-in does wrong, as on the command line.
func (r *reading) faults(texts ...string) {
	r.t.Helper()
	faults, err := partner.OfProfile(r.profile).StandIn.API.ParseFaults(texts...)
	r.must(err)
	r.must(r.api.SetFaults(faults))
}

// read runs the job, and wants it to end so.
func (r *reading) read(code int) result {
	r.t.Helper()
	done := r.run("run", "lecture")
	r.want(code, done)
	return done
}

// rows are all rows of the inbox with the transactions that wrote them, without the cursors: they move with each reading.
func (r *reading) rows() string {
	r.t.Helper()
	return strings.Join(r.texts(`SELECT 'dossier ' || d.xmin || d::text FROM inbox.dossier d
		UNION ALL SELECT 'record ' || xmin || r::text FROM inbox.record r UNION ALL SELECT 'change ' || xmin || c::text FROM inbox.change c
		UNION ALL SELECT 'file ' || xmin || f::text FROM inbox.file f
		UNION ALL SELECT 'part ' || p.xmin || ' ' || file_id || ' ' || n || ' ' || md5(content) FROM inbox.part p ORDER BY 1`), "\n")
}

// tables are all rows of the inbox without times, numbers of runs and of files: what two histories must have in common.
func (r *reading) tables() string {
	r.t.Helper()
	return strings.Join(r.texts(`
		SELECT format('record %s %s %s v%s %s %s gone %s files %s acknowledged %s', d.dossier, collection, key, version, document,
			encode(fingerprint, 'hex'), gone_since IS NOT NULL, files_at IS NOT NULL, acknowledged_at IS NOT NULL)
			FROM inbox.record JOIN inbox.dossier d USING (target_id)
		UNION ALL SELECT format('change %s %s %s v%s %s %s %s -> %s', d.dossier, collection, key, version, path, difference, old, new)
			FROM inbox.change JOIN inbox.dossier d USING (target_id)
		UNION ALL SELECT format('file %s %s %s %s %s %s %s missing %s: %s', d.dossier, collection, key, file, type, size, sha256, missing,
			(SELECT encode(sha256(string_agg(content, ''::bytea ORDER BY n)), 'hex') FROM inbox.part WHERE file_id = f.id))
			FROM inbox.file f JOIN inbox.dossier d USING (target_id)
		UNION ALL SELECT format('cursor %s %s %s', d.dossier, collection, name) FROM inbox.cursor JOIN inbox.dossier d USING (target_id)
		ORDER BY 1`), "\n")
}

// calls notes what arrives at a stand-in, and can interfere.
type calls struct {
	inner http.Handler

	mu     sync.Mutex
	all    []arrival
	before func(n int, r *http.Request) // called with the number of each call before it is answered, from 1; nil = nothing
}

// arrival is one call, and its answer.
type arrival struct {
	at         time.Time
	path       string
	status     int // 0 = none was given
	retryAfter string
}

func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	c.mu.Lock()
	n := len(c.all)
	c.all = append(c.all, arrival{at: at, path: r.URL.Path})
	before := c.before
	c.mu.Unlock()
	if before != nil {
		before(n+1, r)
	}
	answered := &noted{ResponseWriter: w}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if n < len(c.all) {
			c.all[n].status, c.all[n].retryAfter = answered.status, w.Header().Get("Retry-After")
		}
	}()
	c.inner.ServeHTTP(answered, r)
}

type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// interfere has a function called before each call from now on, and forgets those before.
func (c *calls) interfere(before func(n int, r *http.Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all, c.before = nil, before
}

func (c *calls) list() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// TestEachPartnerAlone: whoever has one partner only checks it, reads it, and reads it again, which writes no row anew.
func TestEachPartnerAlone(t *testing.T) {
	t.Parallel()
	for profile, open := range map[string]func(*testing.T) *reading{
		"chorus-pro": func(t *testing.T) *reading {
			r, _ := readChorus(t, choruspro.Config{Dossiers: twoDossiers, Invoices: 230})
			return r
		},
		"iopole": func(t *testing.T) *reading {
			r, _ := readIopole(t, iopole.Config{Dossiers: twoDossiers, Invoices: 10})
			return r
		},
		"jindexe": func(t *testing.T) *reading { r, _ := readJindexe(t, jindexe.Config{Dossiers: twoDossiers}); return r },
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			r.want(0, r.run("check"))
			r.read(0)
			rows := r.rows()
			for _, d := range twoDossiers {
				if n := r.number(`SELECT count(*) FROM inbox.records WHERE dossier = $1 AND partner = $2`, d.Name, profile); n == 0 {
					t.Errorf("nothing of %s was read", d.Name)
				}
			}
			r.want(0, r.run("check"))
			r.read(0)
			if again := r.rows(); again != rows {
				t.Errorf("the second run wrote:\n%s", firstDifference(rows, again))
			}
			if wrong := r.texts(`SELECT format('run %s: %s, %s new, %s changed, %s gone', id, state, records_new, records_changed, records_gone)
				FROM syncd.run WHERE state <> 'succeeded' OR id > $1 AND records_new + records_changed + records_gone > 0`,
				len(twoDossiers)); len(wrong) > 0 {
				t.Errorf("%q", wrong)
			}
			if n := r.number(`SELECT count(*) FROM syncd.run`); n != 2*len(twoDossiers) {
				t.Errorf("%d runs", n)
			}
		})
	}
}

// setSecret writes the file that the password of a dossier is read from.
func (r *reading) setSecret(dossier, password string) {
	r.t.Helper()
	r.must(os.WriteFile(filepath.Join(r.dir, dossier+".secret"), []byte(password+"\n"), 0o600))
}
