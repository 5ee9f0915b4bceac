package text_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

func TestRunJSON(t *testing.T) {
	t.Parallel()
	r := hostileRun()
	r.Failure.Detail = "GET /V2/Dossier: certificate not trusted\nhint: set ca_file"
	items := append(everything(), hostileItems()...)
	var b bytes.Buffer
	if err := printer(locale.French).WriteRunJSON(&b, r, seq(items...), view.Show{}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID         int64
		Job        string
		Period     string
		Trigger    string
		State      string
		Counts     jobs.Counts
		StartedAt  string `json:"started_at"`
		FinishedAt string `json:"finished_at"`
		Failure    struct{ Code, Detail, Text string }
		Items      []struct {
			Seq      int
			Key      string
			State    jobs.ItemState
			Reason   struct{ Code, Text string }
			Diff     []diff.Change
			Problems []struct {
				mapping.Problem
				Text string
			}
		}
		Next []struct {
			Text, Command, Action string
			Run                   int64
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if got.ID != 12 || got.Period != "2026-11" || got.State != "failed" || got.Trigger != "manual" || got.Counts != r.Counts {
		t.Errorf("the run came back as %+v", got)
	}
	if got.StartedAt != "2026-11-30T06:00:03Z" || got.Failure.Detail != r.Failure.Detail || got.Failure.Text == "" {
		t.Errorf("the run came back as %+v", got)
	}
	if len(got.Next) != 1 || got.Next[0].Action != "resume" || got.Next[0].Run != 12 || got.Next[0].Command != "syncd resume 12" ||
		got.Next[0].Text == "" {
		t.Errorf("the next steps came back as %+v", got.Next)
	}
	if len(got.Items) != len(items) {
		t.Fatalf("%d items came back, want %d", len(got.Items), len(items))
	}
	for i, item := range got.Items {
		if want := strings.ToValidUTF8(items[i].Key, "\uFFFD"); item.Key != want || item.State == "" || item.Reason.Text == "" ||
			len(item.Diff) != len(items[i].Diff) {
			t.Errorf("item %d came back as %+v", i, item)
		}
		for _, problem := range item.Problems {
			if problem.Code == "" || problem.Text == "" {
				t.Errorf("a problem came back as %+v", problem)
			}
		}
	}
}

func TestJSONArrays(t *testing.T) {
	t.Parallel()
	p := printer(locale.English)
	for _, c := range []struct {
		name  string
		want  int
		write func(io.Writer) error
	}{
		{"no runs", 0, func(w io.Writer) error { return p.WriteRunsJSON(w, nil) }},
		{"runs", 2, func(w io.Writer) error {
			return p.WriteRunsJSON(w, []*jobs.Run{run(jobs.Succeeded, jobs.Counts{}), pull(jobs.Held)})
		}},
		{"dictionary", 2, func(w io.Writer) error { return p.WriteNomenclaturesJSON(w, nomenclatures, "") }},
		{"one list", 1, func(w io.Writer) error { return p.WriteNomenclaturesJSON(w, nomenclatures, "Strate") }},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got == nil || len(got) != c.want {
			t.Errorf("%s: %v, %d elements in\n%s", c.name, err, len(got), b.String())
		}
	}
}

func TestPlanJSON(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		var b bytes.Buffer
		sink := printer(locale.French).NewPlanJSON(&b, view.Subject{Job: "paie", Target: test, Period: "2026-11"})
		if b.Len() > 0 {
			t.Error("something is written before the first item")
		}
		for _, item := range everything()[:n] {
			if err := sink.Add(context.Background(), []jobs.PlannedItem{{Item: item, Document: []byte("secret")}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.Finish(jobs.Counts{EmployeesRead: 8}, "91ab", nil, nil); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Dossier, Digest string
			Items           []any
			Next            []struct{ Text, Action string }
			Counts          jobs.Counts
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if got.Dossier != "saint-martin" || got.Digest != "91ab" || len(got.Items) != n || len(got.Next) == 0 || got.Next[0].Text == "" ||
			got.Counts.EmployeesRead != 8 || strings.Contains(b.String(), "secret") {
			t.Errorf("the plan came back as %+v", got)
		}
	}
}
