package pulltest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
	"syncd/internal/pull"
)

// World is a ledger with its inbox, and what a test says about it.
type World interface {
	Ledger() jobs.Ledger
	Inbox() jobs.Inbox
	Credentials() jobs.Credentials
	Find(id int64) *jobs.Run
	Approve(id int64)
	Take(id int64) *jobs.Run // a running run is claimed anew: whoever executed it has lost it
	PutBack()                // the ledger is another incarnation
	Rows(target int64) []Row // records, changes and files of a target, 0 = of all, without times and runs
	Lines(id int64) string   // what became of single records in a run: "factures 1 + done", sorted
}

// Run tells all stories.
func Run(t *testing.T, open func(t *testing.T) World) {
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(newStory(t, open(t)))
		})
	}
}

// story is a partner with one collection, and a job that reads it.
type story struct {
	*testing.T
	World
	*Partner
	job *jobs.FetchJob
	at  time.Time // when it is; zero = now

	stopping <-chan struct{} // of the execution under way
}

const collection = "factures"

func newStory(t *testing.T, w World) *story {
	s := &story{T: t, World: w, Partner: &Partner{Size: 10}}
	s.Clock = s.now
	s.job = &jobs.FetchJob{Name: "factures", Partner: "partner", Acknowledge: true, MaxFile: 1000, MaxGone: 0.2, StopAfter: 5,
		Collections: []jobs.Collection{{Name: collection, Paged: true, Windows: []jobs.Window{{Name: "depot", Whole: true}}}}}
	return s
}

// newOnly makes the partner one that lists what is new, with details and files.
func (s *story) newOnly() {
	s.Size, s.Details, s.NewOnly, s.Hooks = 0, true, true, []int{}
	s.job.Collections[0] = jobs.Collection{Name: collection, Detail: true, Files: true, Acks: true, Windows: []jobs.Window{{Name: "new"}}}
}

func (s *story) now() time.Time {
	if s.at.IsZero() {
		return time.Now()
	}
	return s.at
}

func (s *story) runner() *jobs.Runner {
	gather := func(ctx context.Context, f *jobs.Fetching) (jobs.Concluded, jobs.Reason, error) {
		f.Now, s.stopping = s.now, f.Stop
		return pull.ToEnd(ctx, f)
	}
	return &jobs.Runner{Ledger: s.Ledger(), Inbox: s.Inbox(), Credentials: s.Credentials(), Feed: s.Partner, Gather: gather,
		Progress: jobs.Silent{}, Log: zerolog.Nop()}
}

var target = jobs.Target{Partner: "partner", Environment: "test", BaseURL: "http://127.0.0.1", Dossier: "saint-martin"}

func (s *story) request() jobs.NewRun {
	return jobs.NewRun{Job: s.job.Name, Kind: jobs.PullRecords, Target: target, Trigger: jobs.TriggerManual,
		Digests: jobs.Digests{Config: "test"}}
}

// fetch reads, and wants the run to end so.
func (s *story) fetch(want string) *jobs.Run {
	s.Helper()
	run, err := s.runner().Fetch(s.Context(), s.job, s.request())
	return s.ended(run, err, want)
}

// scheduled is fetch at a time that a schedule names.
func (s *story) scheduled(want string) *jobs.Run {
	s.Helper()
	request := s.request()
	request.Trigger = jobs.TriggerSchedule
	run, err := s.runner().Fetch(s.Context(), s.job, request)
	return s.ended(run, err, want)
}

func (s *story) resume(id int64, want string) *jobs.Run {
	s.Helper()
	run, err := s.runner().ResumeFetch(s.Context(), s.job, id)
	return s.ended(run, err, want)
}

func (s *story) ended(run *jobs.Run, err error, want string) *jobs.Run {
	s.Helper()
	if run == nil {
		s.Fatal(err)
	}
	found := s.Find(run.ID)
	if got := Summary(found); got != want {
		s.Fatalf("the run ended\n%s, not\n%s (%v)", got, want, err)
	}
	return found
}

// Summary is a run's end in one line: "held pull-empty: 40 read 40 new".
func Summary(run *jobs.Run) string {
	text := string(run.State)
	if run.Failure.Code != "" {
		text += " " + string(run.Failure.Code)
	}
	if run.Counts.Gathered == nil {
		return text
	}
	before := ": "
	counts := reflect.ValueOf(*run.Counts.Gathered)
	for i := range counts.NumField() {
		if n := counts.Field(i).Int(); n != 0 {
			text += fmt.Sprintf("%s%d %s", before, n, strings.ToLower(counts.Type().Field(i).Name))
			before = " "
		}
	}
	return text
}

func (s *story) wantLines(run *jobs.Run, want ...string) {
	s.Helper()
	if got := s.Lines(run.ID); got != strings.Join(want, "\n") {
		s.Errorf("run %d has the lines\n%s\nnot\n%s", run.ID, got, strings.Join(want, "\n"))
	}
}

// wantDump wants the inbox to have these lines, among others.
func (s *story) wantDump(want ...string) {
	s.Helper()
	got := s.dump()
	for _, line := range want {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			s.Errorf("there is no\n%s\nin\n%s", line, got)
		}
	}
}

// Row is a row of an inbox: words in which %s stands for JSON, "" = NULL.
type Row struct {
	Words string
	JSON  []any
}

// Dump is what an inbox has of a target, 0 = of all.
func Dump(w World, target int64) string {
	var lines []string
	for _, row := range w.Rows(target) {
		for i, text := range row.JSON {
			row.JSON[i] = canonical(text.(string))
		}
		lines = append(lines, fmt.Sprintf(row.Words, row.JSON...))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func canonical(text string) string {
	if text == "" {
		return "-"
	}
	out, _ := canonjson.Append(nil, []byte(text))
	return string(out)
}

func (s *story) dump() string { return Dump(s.World, 0) }

func (s *story) unchanged(before string) {
	s.Helper()
	if after := s.dump(); after != before {
		s.Errorf("the inbox was\n%s\nand is\n%s", before, after)
	}
}

func numbered(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%03d", i+1)
	}
	return keys
}
