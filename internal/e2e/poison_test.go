package e2e

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor"
)

// everyTenth is the script in which the requests of three in thirty employees meet a fate.
func everyTenth(f fate) func(string, int) fate {
	return func(matricule string, _ int) fate {
		if strings.HasSuffix(matricule, "5") {
			return f
		}
		return served
	}
}

// alone sends one document at a time, and tries it once: then the order of answers is that of sending.
func (w *world) alone(r *jobs.Runner) {
	w.job.MaxInFlight = 1
	r.API = w.connect(once)
}

// A firewall says no to some people, whatever the reason, at an API that takes everybody else's document: the others are
// paid, these are named with the words of who said no, and a resume tries them again.
func TestWhoIsTurnedAwayStopsNobodyElse(t *testing.T) {
	t.Parallel()
	const staff = 30
	for name, c := range map[string]struct {
		fate      fate
		uncertain bool
		words     string
	}{
		"403": {forbidden, false, "No."}, "451": {unlawful, false, "No."}, "423": {locked, false, "No."}, "401": {unauthorized, false, "No."},
		"303": {seeOther, true, "303: No."}, "a page": {page, true, "200: Maintenance"}, "500": {broken, true, "500: No."},
		"503": {away, false, "503: No."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, staff)
			w.job.StopAfter = 2
			w.alone(r)
			w.front.play(everyTenth(c.fate))
			run := w.run(r, jobs.Incomplete, nil)
			if run.Counts.Accepted != staff-3 || c.uncertain && run.Counts.Uncertain != 3 || !c.uncertain && run.Counts.NotAttempted != 3 {
				t.Fatalf("%+v", run.Counts)
			}
			if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE key = '00015' AND state = 'pending' AND reason_detail = $1`,
				c.words); n != 1 {
				t.Errorf("not %q", c.words)
			}
			if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE in_doubt`); n != run.Counts.Uncertain {
				t.Errorf("%d in doubt", n)
			}
			w.job.StopAfter = 10
			once := w.front.sent("00015")
			run = w.resume(r, run.ID, jobs.Incomplete) // it is about them still, and about nobody else
			if n := w.front.sent("00015"); n != 2*once || w.front.sent("00016") != 1 {
				t.Errorf("sent %d times", n)
			}
			w.front.play(nil)
			w.resume(r, run.ID, jobs.Succeeded)
			w.wantDelivered(period)
		})
	}
}

// rekeyed is an API whose dossier has another key.
type rekeyed struct{ jobs.API }

func (rekeyed) Settings() string { return "another" }

// With an API that adds, what may have been received is for a person, as ever.
func TestWhoIsTurnedAwayInDoubtIsForAPersonWhereDocumentsAdd(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	w.job.Semantics = jobs.Append
	w.alone(r)
	w.front.play(everyTenth(page))
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Accepted != 27 || run.Counts.Uncertain != 3 {
		t.Fatalf("%+v", run.Counts)
	}
	w.wantItem(r, run, "00005", jobs.ItemUncertain, jobs.ReasonNoAnswer)
}

// A key that nobody was ever accepted by is wrong, whoever is the first to be told.
func TestSettingsThatNobodyWasAcceptedByStopAtTheFirstRefusal(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	w.alone(r)
	wantRefused := func(accepted int) {
		t.Helper()
		w.front.play(always(forbidden))
		run := w.run(r, jobs.Failed, nil)
		if run.Failure.Code != jobs.ReasonConfiguration || run.Counts.Accepted != 0 || run.Counts.NotAttempted != 30-accepted {
			t.Fatalf("%+v %+v", run.Failure, run.Counts)
		}
		if n := len(w.front.order); n > 2 { // the second one may be on its way already
			t.Errorf("%d requests", n)
		}
	}
	wantRefused(0)
	w.front.play(nil)
	w.run(r, jobs.Succeeded, employees("00001"))
	r.API = rekeyed{r.API}
	wantRefused(1)
}

// Several employees in a row who are turned away tell of everyone: the run stops, for a daemon to go on with, and a resume
// begins with whom nobody asked about.
func TestSeveralInARowWhoAreTurnedAwayStopTheRun(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	w.job.StopAfter = 3
	w.alone(r)
	block := func(from, to string) {
		w.front.play(func(matricule string, _ int) fate {
			if from <= matricule && matricule <= to {
				return forbidden
			}
			return served
		})
	}
	block("00004", "00009")
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonUnusual || run.Counts.Accepted != 3 || run.Counts.NotAttempted != 27 ||
		!strings.Contains(run.Failure.Detail, "403") {
		t.Fatalf("%+v %+v", run.Failure, run.Counts)
	}
	w.wantItem(r, run, "00006", jobs.ItemPending, jobs.ReasonTurnedAway)
	if w.front.sent("00008") != 0 { // 00007 may have been on its way
		t.Error("00008 was sent")
	}
	// First those whom nobody asked about; then these, of whom nothing new is told.
	w.job.StopAfter = 4
	run = w.resume(r, run.ID, jobs.Incomplete)
	if run.Counts.Accepted != 24 || run.Counts.NotAttempted != 6 || w.front.sent("00004") != 2 {
		t.Fatalf("%+v, 00004 was sent %d times", run.Counts, w.front.sent("00004"))
	}
	if w.front.last("00004") < w.front.last("00030") {
		t.Error("00004 was tried again before 00030 was")
	}
	w.front.play(nil)
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// A refusal comes at once, an acceptance takes its time: with several lanes many refusals come in one after another although
// every other employee is accepted. They are not in a row.
func TestQuickRefusalsBesideSlowAcceptancesAreNotInARow(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 60)
	w.job.StopAfter, w.job.MaxInFlight = 3, 8
	r.API = w.connect(once)
	w.run(r, jobs.Succeeded, employees("00060"))
	w.front.play(func(matricule string, _ int) fate {
		if matricule[4]%2 == 1 {
			return forbidden
		}
		return slow
	})
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Accepted != 29 || run.Counts.Unchanged != 1 || run.Counts.NotAttempted != 30 {
		t.Errorf("%+v", run.Counts)
	}
}

// A person who is turned away in November keeps nobody from their December pay: a schedule goes on.
func TestWhoIsTurnedAwayDoesNotHoldUpTheNextMonth(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 10)
	w.nextMonth(december)
	w.front.play(only("00005", forbidden))
	w.run(r, jobs.Incomplete, nil)
	run, err := w.scheduled(r, december)
	w.wantRun(run, err, jobs.Incomplete)
	if run.Counts.Accepted != 9 {
		t.Errorf("%+v", run.Counts)
	}
}

// Whatever stops a run, those whom it gives back say so: no person did.
func TestItemsGivenBackCarryTheReasonOfTheirRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fate fate
		want jobs.ReasonCode
	}{"refused": {forbidden, jobs.ReasonConfiguration}, "failing": {broken, jobs.ReasonFailures}, "away": {away, jobs.ReasonUnreachable}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 60)
			w.job.StopAfter = 1
			r.API = w.connect(func(o *isidoor.Options) { once(o); o.RatePerSecond = 30 }) // so that some wait for their turn
			w.front.play(func(matricule string, _ int) fate {
				if matricule == "00001" || c.fate == forbidden { // else who is accepted beside it tells that it is about this one
					return c.fate
				}
				return slow
			})
			run := w.run(r, jobs.Failed, nil)
			if run.Failure.Code != c.want {
				t.Fatalf("%+v", run.Failure)
			}
			if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE reason_code = 'stopped'`); n != 0 {
				t.Errorf("a person is said to have stopped %d", n)
			}
			if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE state = 'pending' AND reason_code = $1`, string(c.want)); n == 0 {
				t.Error("nobody was given back")
			}
		})
	}
}

// A maintenance page is no mistake of ours, at whichever call it is met: the run fails, so that a person is told, and a
// daemon takes it up again. Where nothing ever answered properly it may be the wrong address.
func TestMaintenancePageIsComeBackTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path   string
		status int
	}{
		"dossier 200": {"/Dossier", 200}, "dossier 302": {"/Dossier", 302}, "dossier 404": {"/Dossier", 404}, "dossier 403": {"/Dossier", 403},
		"salarie 200": {"/Salarie", 200}, "salarie 302": {"/Salarie", 302}, "salarie 404": {"/Salarie", 404}, "salarie 403": {"/Salarie", 403},
		"token 200": {"/token", 200}, "token 404": {"/token", 404}, "token 403": {"/token", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 20)
			w.alone(r)
			w.job.StopAfter = 3
			w.run(r, jobs.Succeeded, employees("00001"))
			r.API = w.connect(once) // which has no token yet
			w.front.close(c.path, c.status)
			run := w.run(r, jobs.Failed, nil)
			if run.Failure.Code != jobs.ReasonUnusual {
				t.Fatalf("%+v", run.Failure)
			}
			w.exec(`UPDATE syncd.run SET unattended = true`)
			again, err := storeOf(r).RetryFailed(t.Context(), []ledger.Pair{{Job: w.job.Name, TargetID: run.Target.ID}}, 24*time.Hour, false)
			if w.must(err); !slices.Contains(again, run.ID) {
				t.Fatalf("queued again: %v", again)
			}
			w.front.close("", 0)
			r.API = w.connect(nil)
			claimed, err := storeOf(r).Claim(t.Context(), run.ID, w.job.Resumption())
			w.must(err)
			run, err = r.ExecutePush(t.Context(), &w.job, claimed)
			w.wantRun(run, err, jobs.Succeeded)
			w.wantDelivered(period)
		})
	}
	t.Run("never answered", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.fill(3)
		r := w.runner()
		w.front.close("/Dossier", 200)
		run, err := r.Pull(t.Context(), &w.pull, w.pullRequest())
		if err == nil || run.Failure.Code != jobs.ReasonConfiguration {
			t.Fatalf("%+v", run)
		}
	})
	t.Run("nomenclatures", func(t *testing.T) {
		t.Parallel()
		w, r := ready(t, 3)
		w.front.close("/Dictionnaire", 200)
		run, err := r.Pull(t.Context(), &w.pull, w.pullRequest())
		if err == nil || run.Failure.Code != jobs.ReasonUnusual {
			t.Fatalf("%+v", run)
		}
	})
	t.Run("nomenclatures at another path", func(t *testing.T) {
		t.Parallel()
		w, r := ready(t, 3)
		r.API = w.connect(func(o *isidoor.Options) { o.Dictionnaire.Path = "/V2/Dictionaire" })
		run, err := r.Pull(t.Context(), &w.pull, w.pullRequest())
		if err == nil || run.Failure.Code != jobs.ReasonConfiguration {
			t.Fatalf("%+v", run)
		}
	})
}

// A client that is refused by the rules of OAuth does not pass by itself, however long it was accepted.
func TestRefusedClientIsNotTakenForPassing(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.run(r, jobs.Succeeded, employees("00001"))
	r.API = w.connect(nil)
	w.front.close("/token", 401)
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonConfiguration || !strings.Contains(run.Failure.Detail, "invalid_client") {
		t.Fatalf("%+v", run.Failure)
	}
}

// A daemon's run comes back when the partner asked to be called again, at whichever call it did, and not before.
func TestRunComesBackWhenThePartnerAsked(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/Dossier", "/Salarie", "/token"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 20)
			w.job.StopAfter = 3
			r.API = w.connect(nil)
			r.Patience = &jobs.Patience{Deadline: 6 * time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
			w.front.close(path, 503)
			run, err := w.push(r, nil)
			if run == nil || run.State != jobs.Queued || run.Failure.Code != jobs.ReasonUnreachable {
				t.Fatalf("%+v, %v", run, err)
			}
			if in := time.Until(*run.NotBefore); in < 59*time.Minute || in > time.Hour {
				t.Errorf("in %s", in)
			}
		})
	}
}

// An API that takes longer than we wait is told so, of the run and of each employee.
func TestSlowAPIIsNamed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 6)
	w.job.StopAfter, w.job.MaxInFlight = 2, 2
	r.API = w.connect(func(o *isidoor.Options) { once(o); o.RequestTimeout = 300 * time.Millisecond })
	w.front.play(always(hangs))
	run := w.run(r, jobs.Failed, nil)
	if !reflect.DeepEqual(run.Failure, jobs.Reason{Code: jobs.ReasonSlow, Detail: "300ms"}) {
		t.Fatalf("%+v", run.Failure)
	}
	w.wantItem(r, run, "00001", jobs.ItemPending, jobs.ReasonSlow)
	w.wantDoubt("00001", true)
}

// scheduled executes what a schedule queued for a month.
func (w *world) scheduled(r *jobs.Runner, p jobs.Period) (*jobs.Run, error) {
	w.t.Helper()
	next := w.request()
	next.Period, next.Trigger, next.AnyOrder = p, jobs.TriggerSchedule, true
	queued, err := storeOf(r).Enqueue(w.t.Context(), next)
	w.must(err)
	w.exec(`UPDATE syncd.run SET any_order = false WHERE id = $1`, queued.ID)
	claimed, err := storeOf(r).Claim(w.t.Context(), queued.ID, w.job.Resumption())
	if err != nil {
		_, cancelled := storeOf(r).Cancel(w.t.Context(), queued.ID, "test", "it waits")
		w.must(cancelled)
		return nil, err
	}
	return r.ExecutePush(w.t.Context(), &w.job, claimed)
}

// As many people in a row as stop a run, and for whom the API fails each day: everybody else is paid by the first resume, and
// neither these days nor the next month wait for them. Where somebody was never tried, or nobody delivered, the next month does.
func TestNeighboursWhoAreTurnedAwayForEverDoNotHoldUpTheNextMonth(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fate{"403": forbidden, "500": broken, "503": away, "lost": lost, "a page": page} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 20)
			w.nextMonth(december)
			w.job.StopAfter = 3
			w.alone(r)
			w.run(r, jobs.Succeeded, employees("00020"))
			w.front.play(func(matricule string, _ int) fate {
				if matricule <= "00003" {
					return f
				}
				return served
			})
			run := w.run(r, jobs.Failed, nil)
			_, err := w.scheduled(r, december)
			w.wantOrder(nil, err, false, run.ID)
			run = w.resume(r, run.ID, jobs.Incomplete)
			if run.Counts.Accepted != 16 || run.Counts.NotAttempted+run.Counts.Uncertain != 3 {
				t.Fatalf("%+v", run.Counts)
			}
			run = w.run(r, jobs.Failed, nil) // of another day
			if run.Counts.Unchanged != 17 {
				t.Fatalf("%+v", run.Counts)
			}
			next, err := w.scheduled(r, december)
			if w.must(err); next.Counts.Accepted+next.Counts.NotAttempted+next.Counts.Uncertain != 20 {
				t.Errorf("%+v", next.Counts)
			}
			w.resume(r, run.ID, jobs.Incomplete)
			w.front.play(nil)
			w.resume(r, run.ID, jobs.Succeeded)
			w.resume(r, next.ID, jobs.Succeeded)
			w.wantDelivered(period)
			w.wantDelivered(december)
		})
	}
}

// Who is accepted beside the first one who is refused proves that the settings are right: nobody is sent to correct them, and
// all others are paid.
func TestRefusalBesideAnAcceptanceIsNoWrongKey(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 60)
	r.API = w.connect(func(o *isidoor.Options) { once(o); o.RatePerSecond = 100 }) // so that some wait for their turn
	w.front.play(func(matricule string, _ int) fate {
		if matricule == "00001" {
			return forbidden
		}
		return slow
	})
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Accepted != 59 || w.front.sent("00001") != 1 {
		t.Fatalf("%+v", run.Counts)
	}
	w.wantItem(r, run, "00001", jobs.ItemPending, jobs.ReasonTurnedAway)
}
