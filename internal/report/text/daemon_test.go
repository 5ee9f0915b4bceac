package text_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// queued is a run that waits.
func queued(trigger jobs.Trigger) *jobs.Run {
	r := run(jobs.Queued, jobs.Counts{})
	r.Trigger, r.StartedAt, r.FinishedAt, r.Planned, r.Host, r.PID = trigger, nil, nil, false, "", 0
	return r
}

// scheduled is a run that no person started.
func scheduled(r *jobs.Run, trigger jobs.Trigger) *jobs.Run {
	nominal := started.Add(-3 * time.Second)
	r.Trigger, r.RequestedBy, r.Nominal = trigger, "", &nominal
	return r
}

// waiting is a run that was executed, and goes on later.
func waiting(at *time.Time) *jobs.Run {
	r := scheduled(queued(jobs.TriggerSchedule), jobs.TriggerSchedule)
	r.StartedAt, r.Host, r.NotBefore, r.Postponed = &started, "srv-paie", at, 1
	r.Failure = jobs.Reason{Code: jobs.ReasonUnreachable, Detail: "token: connection refused\nhint: see whether the partner's service is up"}
	return r
}

func cancelled(r *jobs.Run) *jobs.Run {
	r.Cancelling, r.CancelledBy, r.CancelledFor = true, "paul", "wrong month"
	return r
}

// doubtful is an item without a definite answer that is sent again.
func doubtful(key string, reason jobs.ReasonCode, detail string) jobs.Item {
	item := ended(key, jobs.ItemPending, reason, detail)
	item.Ambiguous = true
	return item
}

func TestRunOfADaemon(t *testing.T) {
	t.Parallel()
	later := finished.Add(5 * time.Minute)
	again := waiting(nil)
	again.Trigger = jobs.TriggerRetry
	given := []jobs.Item{accepted("00001", jobs.Created, 3), ended("00060", jobs.ItemUncertain, jobs.ReasonNoAnswer, ""),
		ended("00070", jobs.ItemSuperseded, jobs.ReasonCancelled, ""), ended("00071", jobs.ItemSuperseded, jobs.ReasonCancelled, ""),
		ended("00080", jobs.ItemSuperseded, jobs.ReasonMoved, "")}
	given[1].Ambiguous = true
	stopped := run(jobs.Cancelled, tally(3, 4, given...))
	stopped.Failure = jobs.Reason{Code: jobs.ReasonCancelled}
	stopping := cancelled(run(jobs.Running, jobs.Counts{EmployeesRead: 6, ElementsRead: 11, Unchanged: 3}))
	stopping.FinishedAt = nil
	orphan := *stopping
	orphan.Interrupted = true
	crashed := scheduled(failed(jobs.ReasonCrashes, "", jobs.Counts{}), jobs.TriggerCatchUp)
	crashed.Takeovers = 5
	doubts := []jobs.Item{doubtful("00060", jobs.ReasonNoAnswer, "504"), doubtful("00061", jobs.ReasonTemporary, "")}
	never := queued(jobs.TriggerManual)
	refused := waiting(&later)
	refused.Failure = jobs.Reason{Code: jobs.ReasonStagingRefused, Detail: "28P01"}
	for _, c := range []struct {
		name  string
		run   *jobs.Run
		items []jobs.Item
	}{
		{"detached", never, nil},
		{"scheduled", scheduled(queued(""), jobs.TriggerSchedule), nil},
		{"waiting", waiting(&later), nil},
		{"retry", again, nil},
		{"refused", refused, nil},
		{"cancelled", cancelled(stopped), given},
		{"cancelled-early", cancelled(run(jobs.Cancelled, jobs.Counts{})), nil},
		{"cancelling", stopping, given[:1]},
		{"cancelling-orphan", &orphan, given[:1]},
		{"crashes", crashed, nil},
		{"doubt", run(jobs.Incomplete, tally(1, 0, doubts...)), doubts},
		{"doubt-unreachable", failed(jobs.ReasonUnreachable, "token: connection refused", tally(1, 0, doubts...)), doubts},
	} {
		golden(t, "daemon-"+c.name, func(w io.Writer, p *text.Printer) error { return p.Run(w, c.run, seq(c.items...), view.Show{}) })
	}
}

// A resume sends again what is pending. What is only uncertain it leaves out, so that a new run is advised where that
// can send it.
func TestWhatAResumeSends(t *testing.T) {
	t.Parallel()
	pending, gaveUp := doubtful("1", jobs.ReasonNoAnswer, ""), ended("2", jobs.ItemUncertain, jobs.ReasonNoAnswer, "")
	onItsWay, unsure := ended("3", jobs.ItemSending, jobs.ReasonNew, ""), ended("4", jobs.ItemUncertain, jobs.ReasonInDoubt, "")
	missed, moved := ended("5", jobs.ItemPending, jobs.ReasonTemporary, ""), ended("6", jobs.ItemSuperseded, jobs.ReasonMoved, "")
	const resume, afresh = "    syncd resume 12\n", "    syncd run paie"
	for name, c := range map[string]struct {
		state jobs.State
		items []jobs.Item
		want  string // the only command that sends; "" = none
	}{
		"in doubt":                        {jobs.Incomplete, []jobs.Item{pending}, resume},
		"in doubt, others not attempted":  {jobs.Incomplete, []jobs.Item{pending, missed}, resume},
		"given up":                        {jobs.Incomplete, []jobs.Item{gaveUp}, afresh},
		"in doubt, others given up":       {jobs.Incomplete, []jobs.Item{pending, gaveUp}, afresh},
		"in doubt, others moved":          {jobs.Incomplete, []jobs.Item{pending, moved}, afresh},
		"unsure":                          {jobs.Incomplete, []jobs.Item{unsure}, ""},
		"unsure, others not attempted":    {jobs.Incomplete, []jobs.Item{unsure, missed}, resume},
		"stopped in doubt":                {jobs.Failed, []jobs.Item{pending, missed}, resume},
		"stopped on its way":              {jobs.Failed, []jobs.Item{onItsWay, missed}, resume},
		"stopped unsure":                  {jobs.Failed, []jobs.Item{unsure, missed}, resume},
		"stopped, and some were given up": {jobs.Failed, []jobs.Item{gaveUp, pending, missed}, afresh},
		"stopped, some refused, in doubt": {jobs.Failed, []jobs.Item{ended("7", jobs.ItemUncertain, jobs.ReasonStillUnsure, ""), missed},
			afresh},
		"incomplete, its record was lost":  {jobs.Incomplete, []jobs.Item{onItsWay}, afresh},
		"nothing sent, the API stays away": {jobs.Failed, []jobs.Item{missed}, resume},
	} {
		r := run(c.state, tally(0, 0, c.items...))
		if c.state == jobs.Failed {
			r.Failure = jobs.Reason{Code: jobs.ReasonUnreachable, Detail: "token: connection refused"}
		}
		text := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Run(w, r, seq(c.items...), view.Show{}) })
		if commands := strings.Count(text, "    syncd run") + strings.Count(text, "    syncd resume"); !strings.Contains(text, c.want) ||
			commands != min(len(c.want), 1) {
			t.Errorf("%s: want %q in\n%s", name, c.want, text)
		}
	}
}
