package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/jobs"
	chorus "syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
)

// chorusPro is a dossier at Chorus Pro.
func chorusPro(t *testing.T, change func(*chorus.Config), edits ...string) (*reading, *chorus.Sandbox) {
	t.Helper()
	var s *chorus.Sandbox
	r := newReading(t, chorus.Profile, func(secret string, dossiers []sandbox.Dossier) (http.Handler, *sandbox.Server, error) {
		c := chorus.Config{ClientID: "our-editor", ClientSecret: secret, Dossiers: dossiers, Seed: 1}
		if change != nil {
			change(&c)
		}
		var err error
		if s, err = chorus.New(c); err != nil {
			return nil, nil, err
		}
		return s, s.Server, nil
	}, edits...)
	return r, s
}

// asAt compares the inbox with what the partner has: each invoice that is there is stored as it is there, without those whom nobody
// may keep; what is no longer there is marked.
func (r *reading) asAt(s *chorus.Sandbox) {
	r.Helper()
	stored := map[string]map[string]json.RawMessage{}
	kept := r.text(`SELECT json_object_agg(key, document) FROM inbox.record WHERE gone_since IS NULL`)
	r.must(json.Unmarshal([]byte(kept), &stored))
	all := s.Invoices(dossier).All()
	if len(stored) != len(all) {
		r.Errorf("%d invoices are stored, and there are %d", len(stored), len(all))
	}
	omit := r.job().Collections[0].Omit
	for _, one := range all {
		for name, value := range one.Members {
			text, err := json.Marshal(value)
			r.must(err)
			if slices.Contains(omit, "/"+name) {
				text = nil
			}
			if string(stored[one.Key][name]) != string(text) {
				r.Fatalf("invoice %s: %s is kept as %s, and is to be %s", one.Key, name, stored[one.Key][name], text)
			}
		}
	}
}

// allStored reports whether each invoice that is there is stored.
func (r *reading) allStored(s *chorus.Sandbox) bool {
	r.Helper()
	var keys []string
	for _, one := range s.Invoices(dossier).All() {
		keys = append(keys, one.Key)
	}
	return r.text(`SELECT count(*) FROM inbox.record WHERE key = ANY ($1) AND gone_since IS NULL`, keys) == fmt.Sprint(len(keys))
}

// Invoices of all three types, each amount as it was written, and nobody whom the preset omits. When the state of one changes 200
// days later, that arrives, field by field.
func TestChorusProFromDepositToPayment(t *testing.T) {
	t.Parallel()
	deposited := time.Now().AddDate(0, 0, -200)
	now := deposited
	r, s := chorusPro(t, func(c *chorus.Config) { c.Now = func() time.Time { return now } })
	r.now = func() time.Time { return now }
	r.read("succeeded: 812 read 812 new")
	r.asAt(s)
	r.want("ACOMPTE, AVOIR, FACTURE", `SELECT string_agg(DISTINCT type, ', ' ORDER BY type) FROM inbox.chorus_factures`)
	r.want("1250.00", `SELECT montant_ht FROM inbox.chorus_factures WHERE identifiant = '9007199254740993'`)
	r.nowhere("Camille", "Dominique", "FR7630006000011234567890189")
	before := r.inbox()
	now = now.Add(time.Hour)
	r.read("succeeded: 812 read 812 same")
	if after := r.inbox(); after != before {
		t.Error("what is unchanged was written")
	}

	now = time.Now()
	const paid = "9007199254741000"
	was, _ := s.Invoices(dossier).Find(paid)
	s.Invoices(dossier).Edit(paid, map[string]any{"statut": "COMPTABILISEE", "commentaireEtatCourant": "payée",
		"dateHeureEtatCourant": now.Add(-time.Hour).Format(time.RFC3339), "montantAPayer": json.Number("0.00")})
	run := r.read("")
	if run.State != jobs.Succeeded || run.Counts.Gathered.Changed != 1 || run.Counts.Gathered.Gone != 0 || run.Counts.Gathered.Read > 40 {
		t.Errorf("%s: %+v", run.State, run.Counts.Gathered)
	}
	r.asAt(s)
	r.want(fmt.Sprintf(`/commentaireEtatCourant null "payée"; /dateHeureEtatCourant %q %q; /montantAPayer %s 0.00; /statut %q "COMPTABILISEE"`,
		was.Members["dateHeureEtatCourant"], now.Add(-time.Hour).Format(time.RFC3339), was.Members["montantAPayer"], was.Members["statut"]),
		`SELECT string_agg(concat_ws(' ', path, old, new), '; ' ORDER BY path) FROM inbox.changes WHERE key = $1 AND version = 2`, paid)
	r.want("1", `SELECT count(DISTINCT key) FROM inbox.changes`)
	r.want("COMPTABILISEE 0.00", `SELECT statut || ' ' || montant_a_payer FROM inbox.chorus_factures WHERE identifiant = $1`, paid)
}

// A list that moves while it is read: all who are there are stored, or the run says that it cannot be sure.
func TestAListThatMoves(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"ties", "delete-between", "update-between"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r, s := chorusPro(t, func(c *chorus.Config) { c.Invoices = 320 }, aDossier,
				"[partner.collection.factures.page]\nsize = 40\n"+aDossier)
			r.fault(fault)
			for range 2 {
				run := r.read("")
				all := r.allStored(s)
				unsettled := run.Counts.Gathered.Unsettled > 0
				t.Logf("%s, all are stored: %t, %+v", run.State, all, run.Counts.Gathered)
				switch {
				case run.State == jobs.Succeeded && (!all || unsettled):
					t.Errorf("it succeeded, and of %d invoices not all are stored", len(s.Invoices(dossier).All()))
				case run.State == jobs.Incomplete && (!unsettled || len(run.Findings) == 0 || run.Findings[0].Rule != jobs.RuleUnsettled):
					t.Errorf("it does not say why it is incomplete: %+v", run.Findings)
				case run.State != jobs.Succeeded && run.State != jobs.Incomplete:
					t.Errorf("it %s", run.State)
				}
			}
			r.fault()
			if run := r.read(""); run.State != jobs.Succeeded {
				t.Errorf("a quiet list: %s", run.State)
			}
			r.asAt(s)
		})
	}
}

// A refusal inside of a 200 on page 4: what came before stays, what it says is masked, and to go on ends where an undisturbed run
// does.
func TestRefusalOnTheFourthPage(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sameTime := func(c *chorus.Config) { c.Now = func() time.Time { return now } }
	r, s := chorusPro(t, sameTime)
	r.fault("code=20001")
	run := r.read("failed failures: 300 read 300 new")
	if words := run.Failure.Detail; !strings.Contains(words, "20001") || strings.Contains(words, "FR76") ||
		!strings.Contains(words, "POST /factures/v1/rechercher/fournisseur") {
		t.Errorf("%+v", run.Failure)
	}
	r.nowhere("FR7630006000011234567890189", "Camille")
	r.want("300", `SELECT count(*) FROM inbox.record`)
	r.want("0", `SELECT count(*) FROM inbox.cursor`)
	r.fault()
	r.resume(run.ID, "succeeded: 812 read 812 new")
	r.asAt(s)
	resumed := r.inbox()
	undisturbed, _ := chorusPro(t, sameTime)
	undisturbed.read("succeeded: 812 read 812 new")
	if undisturbed.inbox() != resumed {
		t.Error("to go on does not end where an undisturbed run does")
	}
}

// Invoices of another structure, which the account sees too, are dropped and counted, and nothing of them is kept.
func TestInvoicesOfAnotherStructure(t *testing.T) {
	t.Parallel()
	r, _ := chorusPro(t, nil)
	r.fault("foreign")
	run := r.read("succeeded: 812 read 812 new 7 foreign")
	if len(run.Findings) != 1 || run.Findings[0].Rule != jobs.RuleForeign || run.Findings[0].N != 7 {
		t.Errorf("%+v", run.Findings)
	}
	r.nowhere(chorus.OtherSiret, chorus.OtherSiret[:9])
	r.read("succeeded: 812 read 812 same 7 foreign")
}

// An empty answer waits for a person, who approves exactly that answer; another one waits again. One of 500 that is gone is marked,
// and when it comes back that is told.
func TestWhatIsNoLongerListed(t *testing.T) {
	t.Parallel()
	r, s := chorusPro(t, func(c *chorus.Config) { c.Invoices = 500 })
	r.read("succeeded: 500 read 500 new")
	list := s.Invoices(dossier)
	// The day that is now, and the first one, are nobody's to judge: 40 of those between are all that is left.
	all := list.All()
	for _, one := range all[40:] {
		list.Remove(one.Key)
	}
	before := r.inbox()
	shrunk := r.read("")
	if shrunk.State != jobs.Held || shrunk.Failure.Code != jobs.ReasonPullShrinks || r.inbox() != before {
		t.Fatalf("%s %+v", shrunk.State, shrunk.Failure)
	}
	r.approve(shrunk.ID)
	r.resume(shrunk.ID, "succeeded: 40 read 40 same 460 gone")

	for _, one := range all[:40] {
		list.Remove(one.Key)
	}
	before = r.inbox()
	held := r.read("held pull-empty")
	if f := held.Findings[0]; f.Rule != jobs.RuleEmpty || f.N != 40 || f.Of != 40 || r.inbox() != before {
		t.Errorf("%+v", f)
	}
	list.Add(all[0])
	r.approve(held.ID)
	other := r.resume(held.ID, "") // not what was approved
	if other.State != jobs.Held || r.text(`SELECT count(*) FROM inbox.record WHERE gone_since IS NULL`) != "40" {
		t.Errorf("%s", other.State)
	}
	list.Remove(all[0].Key)
	held = r.read("held pull-empty")
	r.approve(held.ID)
	r.resume(held.ID, "succeeded: 40 gone")
	r.want("0", `SELECT count(*) FROM inbox.record WHERE gone_since IS NULL`)

	for _, one := range all {
		list.Add(one)
	}
	r.read("succeeded: 500 read 500 changed 500 returned")
	list.Remove(all[77].Key)
	run := r.read("succeeded: 499 read 499 same 1 gone")
	r.want(all[77].Key+" -", `SELECT string_agg(key || ' ' || difference, ', ') FROM syncd.run_record WHERE run_id = $1`, run.ID)
	list.Add(all[77])
	r.read("succeeded: 500 read 1 changed 499 same 1 returned")
	r.want("- + - +", `SELECT string_agg(difference, ' ' ORDER BY version) FROM inbox.changes WHERE key = $1 AND path = ''`, all[77].Key)
	for _, one := range all {
		list.Remove(one.Key)
	}
	r.read("held pull-empty")
	r.want("500", `SELECT count(*) FROM inbox.record WHERE gone_since IS NULL`)
}

// A token that lives for 5 seconds is enough for a walk that takes longer, and 20 callers ask for one.
func TestTokensOfFiveSeconds(t *testing.T) {
	t.Parallel()
	r, s := chorusPro(t, func(c *chorus.Config) { c.Invoices, c.TokenLifetime = 600, 5*time.Second }, aDossier,
		"[partner.collection.factures.page]\nsize = 10\n"+aDossier, "rate_per_minute", "max_in_flight = 20\nrate_per_minute")
	runner := r.runner()
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if _, err := runner.Feed.Page(t.Context(), jobs.Ask{Collection: "factures"}); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if n := s.Stats().TokensIssued; n != 1 {
		t.Errorf("20 callers asked for %d tokens", n)
	}
	r.fault("latency=100ms")
	begin := time.Now()
	r.read("succeeded: 600 read 600 new")
	most := 5 + int64(time.Since(begin)/(5*time.Second)) // more of them on a busy machine
	if n := s.Stats(); n.TokensIssued < 2 || n.TokensIssued > most || n.Calls[chorus.EndpointSearch] < 60 ||
		n.Statuses[http.StatusUnauthorized] > 2 {
		t.Errorf("%+v", n)
	}
}

// Whoever sends the program elsewhere is not followed, be it with a list or with a mark.
func TestNobodyIsFollowed(t *testing.T) {
	t.Parallel()
	var followed sync.Map
	elsewhere := newElsewhere(t, &followed)
	r, _ := chorusPro(t, nil, "rate_per_minute = 6000", "rate_per_minute = 6000\nretry_for = \"1s\"\ntechnical_tries = 1")
	r.fault("redirect=" + elsewhere)
	r.read("failed configuration")
	r.fault()
	r.read("succeeded: 812 read 812 new")
	marks, _ := atIopole(t, nil)
	front := marks.front
	marks.front = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPut {
			http.Redirect(w, req, elsewhere, http.StatusSeeOther)
			return
		}
		front.ServeHTTP(w, req)
	})
	marks.read("")
	followed.Range(func(what, _ any) bool { t.Errorf("followed: %v", what); return true })
}
