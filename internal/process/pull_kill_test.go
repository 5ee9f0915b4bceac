package process

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	choruspro "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	"syncd/internal/sandbox"
)

// Kills of one round: `make soak` makes as many rounds as it is told, each with other instants.
const (
	killsPerPull  = 3
	pullLatency   = 4 * time.Millisecond
	changedAtOnce = 6
	// Nobody waits for the share of the limits that a dead process had.
	hasty = `limits = "process"`
)

// TestReadingKilledAtAnyInstant kills the program with SIGKILL while it reads, at random instants spread over all of its calls,
// and lets another process go on. In the end the inbox is that of a world in which nobody died, and no death has cost more than
// one acknowledgement that came twice.
func TestReadingKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	seed := nextSeed(t)
	t.Logf("seed %d", seed)
	var found tally
	t.Run("worlds", func(t *testing.T) {
		for n := range asMany(2, 4) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, uint64(n)))
				open := openKilledIopole
				if n%2 == 1 {
					open = openKilledChorus
				}
				now := time.Now().UTC().Truncate(time.Second)
				v := &readingVictim{calm: open(t, now), killed: open(t, now), random: random, found: &found}
				v.live()
			})
		}
	})
	t.Logf("the kills found the run %v", found.phases)
}

// side is one of two worlds that have the same partner: in one nobody dies.
type side struct {
	*reading
	change  func(round int)      // what happens at the partner
	marks   func() (n int)       // acknowledgements that came twice, or more often
	refused func() (of []string) // acknowledgements of what was not stored
}

// readingVictim is a pair of them.
type readingVictim struct {
	calm, killed *side
	random       *rand.Rand
	found        *tally
	kills        int
}

func openKilledIopole(t *testing.T, now time.Time) *side {
	t.Helper()
	var r *reading
	var s *iopole.Sandbox
	r, s = readIopole(t, iopole.Config{Invoices: 12, Now: func() time.Time { return now },
		BeforeMark: func(dossier, collection, key string) error { return r.isStored(s, dossier, collection, key) },
		Faults:     sandbox.Faults{Latency: sandbox.Duration(pullLatency), On: everyIopoleCall}}, hasty)
	invoices, statuses := s.Records(dossier, iopole.Invoices), s.Records(dossier, iopole.Statuses)
	return &side{reading: r, refused: s.Refused,
		change: func(round int) {
			all := invoices.All()
			for i := range changedAtOnce {
				key := fmt.Sprintf("new-%d-%d", round, i)
				members := maps.Clone(all[i].Members)
				members["invoiceId"], members["metadata"] = key, map[string]any{"invoiceId": key}
				invoices.Add(sandbox.Record{Key: key, Members: members})
				statuses.Add(sandbox.Record{Key: "status-" + key, Members: map[string]any{"invoiceId": key,
					"status": map[string]any{"statusId": "status-" + key, "date": now.Format(time.RFC3339)}}})
			}
		},
		marks: func() (twice int) {
			for _, one := range append(invoices.All(), statuses.All()...) {
				twice += max(0, one.Marks-1)
			}
			return twice
		}}
}

var everyIopoleCall = []sandbox.Endpoint{sandbox.EndpointToken, iopole.EndpointCustomer, iopole.EndpointList, iopole.EndpointDetail,
	iopole.EndpointFiles, iopole.EndpointDownload, iopole.EndpointMark, iopole.EndpointSearch, iopole.EndpointWebhook}

func openKilledChorus(t *testing.T, now time.Time) *side {
	t.Helper()
	r, s := readChorus(t, choruspro.Config{Invoices: 330, Now: func() time.Time { return now },
		Faults: sandbox.Faults{Latency: sandbox.Duration(pullLatency)}}, hasty)
	invoices := s.Invoices(dossier)
	return &side{reading: r, marks: func() int { return 0 }, refused: func() []string { return nil },
		change: func(round int) {
			all := invoices.All()
			for i := range 10 * changedAtOnce { // of all pages
				invoices.Edit(all[(5*i+round)%len(all)].Key, map[string]any{"statut": "MANDATEE", "commentaireEtatCourant": fmt.Sprint(round),
					"dateHeureEtatCourant": now.Format(time.RFC3339)})
			}
			for i := range changedAtOnce {
				invoices.Remove(all[len(all)-1-i*7].Key)
				members := maps.Clone(all[i].Members)
				key := fmt.Sprint(1_000_000 + 100*round + i)
				members["identifiantFactureCPP"], members["numeroFacture"] = json.Number(key), "N"+key
				invoices.Add(sandbox.Record{Key: key, Members: members})
			}
		}}
}

// isStored is what the stand-in asks Postgres before it takes an acknowledgement: the record is committed, with all its files, and
// their contents are what their checksums say.
func (r *reading) isStored(s *iopole.Sandbox, dossier, collection, key string) error {
	files := 0
	if i := slices.IndexFunc(s.Records(dossier, iopole.Invoices).All(), func(one sandbox.Record) bool { return one.Key == key }); i >= 0 {
		if files = 1; i%3 == 0 {
			files = 2
		}
	}
	const query = `SELECT format('%s record, %s files', count(*), coalesce(sum((SELECT count(*) FROM inbox.file f
			WHERE (f.target_id, f.collection, f.key) = (r.target_id, r.collection, r.key) AND f.missing = ''
			AND (f.size, f.sha256) = (SELECT sum(length(content)), encode(sha256(string_agg(content, ''::bytea ORDER BY n)), 'hex')
				FROM inbox.part WHERE file_id = f.id))), 0))
		FROM inbox.record r JOIN inbox.dossier d USING (target_id)
		WHERE d.dossier = $1 AND r.collection = $2 AND r.key = $3 AND r.document IS NOT NULL AND r.files_at IS NOT NULL`
	var got string
	err := r.db.With(context.Background(), func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), query, dossier, collection, key).Scan(&got)
	})
	if want := fmt.Sprintf("1 record, %d files", files); err != nil || got != want {
		return fmt.Errorf("%s %s: %s, want %s: %w", collection, key, got, want, err)
	}
	return nil
}

func (v *readingVictim) live() {
	for round := 0; v.kills < killsPerPull; round++ {
		if round == 3*killsPerPull {
			v.killed.t.Fatalf("only %d kills in %d rounds found a living process", v.kills, round)
		}
		v.round(round)
	}
	if left := v.killed.texts(`SELECT format('%s %s', state, failure_code) FROM syncd.run WHERE state <> 'succeeded' AND
		(state, failure_code) <> ('failed', 'interrupted')`); len(left) > 0 {
		v.killed.t.Errorf("runs are %q", left)
	}
}

// round changes what the partner has, on both sides, and kills one or two processes on one of them before the last one.
func (v *readingVictim) round(round int) {
	t := v.killed.t
	t.Helper()
	if round > 0 {
		v.calm.change(round)
		v.killed.change(round)
	}
	v.calm.calls.interfere(nil)
	v.calm.read(0)
	calls := len(v.calm.calls.list())

	before, kills := v.killed.marks(), v.kills
	v.kill(v.killed.begin, calls)
	if v.kills > kills && v.kills < killsPerPull && v.random.IntN(3) == 0 {
		v.kill(v.again, calls)
	}
	v.killed.calls.interfere(nil)
	v.killed.want(0, v.again().wait())
	if twice := v.killed.marks() - before; twice > v.kills-kills {
		t.Errorf("%d acknowledgements came twice after %d kills", twice, v.kills-kills)
	}
	if of := v.killed.refused(); len(of) > 0 {
		t.Errorf("acknowledged, and not stored: %q", of)
	}
	if calm, killed := v.calm.tables(), v.killed.tables(); calm != killed {
		t.Fatalf("round %d: undisturbed and killed differ:\n%s", round, firstDifference(calm, killed))
	}
	if calm, killed := v.calm.accounts(), v.killed.accounts(); calm != killed {
		t.Errorf("round %d: what the runs say that they did differs:\n%s", round, firstDifference(calm, killed))
	}
}

func (s *side) begin() *running { return s.start("run", "lecture") }

// accounts are what the runs say together: how often each record was new, changed or gone, and acknowledged.
func (r *reading) accounts() string {
	r.t.Helper()
	return strings.Join(r.texts(`SELECT format('%s %s: %s new, %s changed, %s gone, %s acknowledged', collection, key,
		count(*) FILTER (WHERE difference = '+'), count(*) FILTER (WHERE difference = '*'), count(*) FILTER (WHERE difference = '-'),
		count(*) FILTER (WHERE ack <> '')) FROM syncd.run_record GROUP BY collection, key ORDER BY 1`), "\n")
}

// kill ends a process at a random instant near one of the calls that such a run makes. The instants of one world are spread evenly
// over these.
func (v *readingVictim) kill(start func() *running, calls int) {
	t := v.killed.t
	t.Helper()
	at := int((float64(v.kills) + v.random.Float64()) / killsPerPull * float64(calls+1))
	reached, most := make(chan struct{}), 3*pullLatency
	if at == 0 { // before the first call
		close(reached)
		most = 150 * time.Millisecond
	}
	v.killed.calls.interfere(func(n int, _ *http.Request) {
		if n == at {
			close(reached)
		}
	})
	p := start()
	select {
	case <-reached:
	case <-p.ended:
	}
	select {
	case <-time.After(time.Duration(v.random.Int64N(int64(most)))):
	case <-p.ended:
	}
	p.signal(syscall.SIGKILL)
	if r := p.wait(); r.code != -1 {
		v.killed.want(0, r) // it had finished before, or made fewer calls
		return
	}
	v.kills++
	v.killed.quiet()
	v.found.add(v.killed.phase())
}

// phase is where the last run stands, by what it last asked for.
func (s *side) phase() string {
	s.t.Helper()
	all := slices.DeleteFunc(s.calls.list(), func(a arrival) bool { return strings.HasPrefix(a.path, "/sandbox/") })
	state := s.text(`SELECT coalesce((SELECT state FROM syncd.run ORDER BY id DESC LIMIT 1), 'none')`)
	if len(all) == 0 || state != "running" {
		return "before its first call, or after its end"
	}
	switch path := all[len(all)-1].path; {
	case strings.HasSuffix(path, "/markAsSeen"):
		return "acknowledging"
	case strings.HasSuffix(path, "/files"), strings.HasSuffix(path, "/download"):
		return "fetching files"
	case strings.HasSuffix(path, "/notSeen"), strings.HasSuffix(path, "/fournisseur"), strings.HasSuffix(path, "/search"):
		return "listing"
	case strings.HasPrefix(path, "/v1/invoice/"):
		return "asking for details"
	}
	return "preparing"
}

// again takes up the work: by turns with the run that is there, and as if nobody knew of it.
func (v *readingVictim) again() *running {
	last := v.killed.text(`SELECT coalesce((SELECT format('%s %s', state, id) FROM syncd.run ORDER BY id DESC LIMIT 1), '')`)
	if id, running := strings.CutPrefix(last, "running "); running && v.kills%2 == 0 {
		return v.killed.start("resume", id)
	}
	return v.killed.begin()
}
