package e2e

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Where the partner keeps one document per employee, and a month brings nothing new, that month sends nothing: it counts on what
// an earlier one sent. Nothing older may take its place then: somebody would be paid to an account that was taken back.

// register is an API that keeps one document per employee: the account that each is paid to.
type register struct {
	jobs.API
	mu       sync.Mutex
	accounts map[string]string
}

func (r *register) Identity(context.Context) (string, error) { return "", nil }

func (r *register) Call() jobs.Call {
	return jobs.Call{Method: "POST", Path: "/V2/Salarie", KeyIn: "path"}
}

func (r *register) Settings() string { return "" }

func (r *register) Send(_ context.Context, key string, document []byte, beforeAttempt func() error) jobs.Outcome {
	var received struct{ Iban string }
	if err := json.Unmarshal(document, &received); err != nil || beforeAttempt() != nil {
		return failed(jobs.Outcome{Class: jobs.ClassCancelled})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accounts[key] = received.Iban
	return jobs.Outcome{Class: jobs.ClassAccepted, Status: 200, Attempts: 1, AnsweredAt: time.Now()}
}

func (r *register) wantAccount(t *testing.T, key, want string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accounts[key] != want {
		t.Fatalf("%s is paid to %s, not %s", key, r.accounts[key], want)
	}
}

// registered are two employees whose accounts November has sent.
func registered(t *testing.T) (*world, *jobs.Runner, *register) {
	t.Helper()
	w, api := newWorld(t), &register{accounts: map[string]string{}}
	w.exec(`CREATE TABLE staff (matricule text PRIMARY KEY, iban text); INSERT INTO staff VALUES ('1', 'OLD'), ('2', 'OTHER')`)
	w.job.Scope, w.job.Guards.HoldFields = jobs.ScopeEmployee, []string{"Iban"}
	w.job.Source = jobs.Source{Employees: "SELECT * FROM staff", Key: "matricule"}
	w.job.Mapping = mapping.Spec{Fields: []mapping.Field{{Path: "Matricule", Column: "matricule"}, {Path: "Iban", Column: "iban"}}}
	r := w.runner()
	r.API, r.Siret = api, ""
	w.run(r, jobs.Succeeded, named(period))
	return w, r, api
}

func (w *world) moveAccount(matricule, account string) {
	w.exec(`UPDATE staff SET iban = $2 WHERE matricule = $1`, matricule, account)
}

// A new account waits in November; it is taken back, and December finds the old one in place. To approve November then,
// late, pays nobody to the new one: its turn is over.
func TestAccountThatANewerMonthFoundRightIsNotReplacedByAnApprovalOfAnOlderMonth(t *testing.T) {
	t.Parallel()
	w, r, api := registered(t)
	w.moveAccount("1", "THIEF")
	held := w.run(r, jobs.Incomplete, named(period))
	w.moveAccount("1", "OLD")
	newer := w.run(r, jobs.Succeeded, named(december))
	if newer.Counts.Unchanged != 2 {
		t.Fatalf("%+v", newer.Counts)
	}
	w.approve(r, held.ID, "looks good")
	run, err := r.ResumePush(t.Context(), &w.job, held.ID)
	api.wantAccount(t, "1", "OLD")
	w.wantOrder(run, err, true, newer.ID)
	claimed, err := storeOf(r).Claim(t.Context(), held.ID, w.job.Resumption()) // as a daemon would
	w.wantOrder(claimed, err, true, newer.ID)
}

// What November plans once December was found delivered is refused like what comes after a December that was sent, for one
// employee as for all; a December that was given up delivers nothing.
func TestOlderMonthIsRefusedOnceANewerOneWasFoundDelivered(t *testing.T) {
	t.Parallel()
	for name, whom := range map[string][]string{"everyone": nil, "one employee": {"1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r, api := registered(t)
			newer := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period, n.AnyOrder, n.Employees = december, true, whom })
			w.moveAccount("1", "NEW")
			older := w.request()
			older.AnyOrder, older.Employees = true, whom
			run, err := r.Push(t.Context(), &w.job, older)
			w.wantOrder(run, err, true, newer.ID)
			api.wantAccount(t, "1", "OLD")
		})
	}
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		w, r, api := registered(t)
		w.job.Guards.Approval, w.job.Guards.HoldFields = true, nil
		w.moveAccount("1", "NEW")
		waiting := w.run(r, jobs.Held, named(december)) // it counts on what is there of employee 2
		w.job.Guards.Approval = false
		run, err := w.push(r, named(period))
		w.wantOrder(run, err, true, waiting.ID)
		_, err = storeOf(r).Cancel(t.Context(), waiting.ID, "test", "November first")
		w.must(err)
		w.run(r, jobs.Succeeded, named(period))
		api.wantAccount(t, "1", "NEW")
	})
}

// The new account waits in December; it is taken back, and a newer plan, of November, finds the old one in place. The older
// plan does not pay to it any more, whoever approves it.
func TestAccountThatANewerPlanFoundRightIsNotReplacedByAnOlderPlan(t *testing.T) {
	t.Parallel()
	w, r, api := registered(t)
	w.moveAccount("1", "THIEF")
	w.moveAccount("2", "MOVED")
	held := w.run(r, jobs.Incomplete, named(december))
	w.moveAccount("1", "OLD")
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period, n.AnyOrder, n.Employees = period, true, []string{"1"} })
	w.release(r, held, jobs.Incomplete, "1", "2")
	api.wantAccount(t, "1", "OLD")
	api.wantAccount(t, "2", "MOVED") // of whom the newer plan knew nothing
	w.wantItem(r, held, "1", jobs.ItemSuperseded, jobs.ReasonMoved)
	w.run(r, jobs.Succeeded, named(december))
}

// Who left, came back as they were, and leaves again is told again: that they came back was no news to the API, and is to
// whoever must end the payments.
func TestWhoLeavesASecondTimeIsToldAgain(t *testing.T) {
	t.Parallel()
	w, r, _ := registered(t)
	left := func(month jobs.Period) int { return w.run(r, jobs.Succeeded, named(month)).Counts.Left }
	w.exec(`DELETE FROM staff WHERE matricule = '1'`)
	if n := left(december); n != 1 {
		t.Fatalf("%d left", n)
	}
	w.exec(`INSERT INTO staff VALUES ('1', 'OLD')`)
	if n := left("2027-01"); n != 0 {
		t.Fatalf("%d left", n)
	}
	w.exec(`DELETE FROM staff WHERE matricule = '1'`)
	if n := left("2027-02"); n != 1 {
		t.Errorf("%d left again", n)
	}
}
