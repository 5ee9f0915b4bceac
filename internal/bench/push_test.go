package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
)

const (
	pushed = 20_000
	lanes  = 16
)

// BenchmarkPush sends 20,000 new employees with three elements each at 20 ms a call, 16 in flight, everything recorded
// durably, and the same documents by a plain net/http client with 16 workers that records nothing.
func BenchmarkPush(b *testing.B) {
	r := newRig(b)
	r.edit(`# unique_fields = ["Iban", "Nir"]`, `unique_fields = ["Iban"]`) // of so many made-up people a few have the same NIR
	load(r, pushed)
	r.serve("latency=20ms")
	r.run("run", "dictionnaire", "--dossier", dossier)
	var ours, plain cost
	var sending time.Duration
	for b.Loop() {
		reset(r)
		c := r.run("run", "paie", "--dossier", dossier, "--period", period)
		documents := received(r)
		if len(documents) != pushed {
			b.Fatalf("the sandbox holds %d documents\n%s", len(documents), c.out)
		}
		if most := stats(r).MaxConcurrent; most > lanes {
			b.Fatalf("%d calls in flight", most)
		}
		sending += sendingTime(r)
		reset(r)
		ours, plain = sum(ours, c), sum(plain, plainClient(r, documents))
	}
	n := float64(b.N)
	b.ReportMetric(sending.Seconds()/plain.wall.Seconds(), "sending×plain")
	b.ReportMetric(ours.wall.Seconds()/plain.wall.Seconds(), "command×plain")
	b.ReportMetric(sending.Seconds()/n, "sending-s")
	b.ReportMetric(ours.wall.Seconds()/n, "s")
	b.ReportMetric(plain.wall.Seconds()/n, "plain-s")
	b.ReportMetric(ours.cpu.Seconds()/n, "cpu-s")
	b.ReportMetric(float64(ours.rss), "MiB")
	b.ReportMetric(0, "ns/op")
}

// sendingTime is what the ledger tells of the run: from the first item that left to the last answer.
func sendingTime(r *rig) time.Duration {
	r.b.Helper()
	var seconds float64
	const query = `SELECT extract(epoch FROM max(answered_at) - min(sent_at))::float8 FROM syncd.item`
	if err := r.connect().QueryRow(context.Background(), query).Scan(&seconds); err != nil {
		r.b.Fatal(err)
	}
	return time.Duration(seconds * float64(time.Second))
}

func sum(a, b cost) cost {
	return cost{wall: a.wall + b.wall, cpu: a.cpu + b.cpu, rss: max(a.rss, b.rss)}
}

// load fills staging.
func load(r *rig, employees int) {
	o := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 3, Period: period, Seed: 1}
	copyRows(r, sample.EmployeeTable, sample.EmployeeColumns, rowsOf(sample.Employees(o), (*sample.Employee).Row))
	copyRows(r, sample.ElementTable, sample.ElementColumns, rowsOf(sample.Elements(o), (*sample.Element).Row))
	r.exec("VACUUM ANALYZE")
}

func rowsOf[T any](all iter.Seq[T], row func(*T) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for one := range all {
			if !yield(row(&one)) {
				return
			}
		}
	}
}

func copyRows(r *rig, table, columns []string, rows iter.Seq[[]any]) {
	r.b.Helper()
	next, stop := iter.Pull(rows)
	defer stop()
	source := pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, nil
		}
		return row, nil
	})
	if _, err := r.connect().CopyFrom(context.Background(), table, columns, source); err != nil {
		r.b.Fatal(err)
	}
}

// reset forgets what was sent, on both sides.
func reset(r *rig) {
	r.b.Helper()
	r.exec("TRUNCATE syncd.item, syncd.baseline; DELETE FROM syncd.run WHERE kind = 'push-salaries'")
	r.exec("VACUUM ANALYZE")
	call(r, http.MethodPost, "/sandbox/reset")
}

func call(r *rig, method, path string) []byte {
	r.b.Helper()
	request, err := http.NewRequest(method, "http://"+r.listen+path, nil)
	if err != nil {
		r.b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+sandbox.ControlToken(secret(r, "isidoor-client-secret")))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		r.b.Fatalf("%s %s: %d %v", method, path, response.StatusCode, err)
	}
	return body
}

func stats(r *rig) (s sandbox.Stats) {
	r.b.Helper()
	if err := json.Unmarshal(call(r, http.MethodGet, "/sandbox/stats"), &s); err != nil {
		r.b.Fatal(err)
	}
	return s
}

func received(r *rig) [][]byte { return receivedOf(r, dossier) }

func receivedOf(r *rig, name string) (documents [][]byte) {
	r.b.Helper()
	var all sandbox.ReceivedList
	if err := json.Unmarshal(call(r, http.MethodGet, "/sandbox/received?dossier="+name), &all); err != nil {
		r.b.Fatal(err)
	}
	for _, one := range all.Received {
		documents = append(documents, one.Document)
	}
	return documents
}

// plainClient sends documents as fast as 16 workers can, and records nothing.
func plainClient(r *rig, documents [][]byte) cost {
	r.b.Helper()
	token := plainToken(r)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: lanes}}
	key := secret(r, "dossier-"+dossier)
	work := make(chan []byte)
	var workers sync.WaitGroup
	start := time.Now()
	for range lanes {
		workers.Go(func() {
			for document := range work {
				if err := post(client, r.listen, token, key, document); err != nil {
					r.b.Error(err)
				}
			}
		})
	}
	for _, document := range documents {
		work <- document
	}
	close(work)
	workers.Wait()
	return cost{wall: time.Since(start)}
}

func post(client *http.Client, host, token, key string, document []byte) error {
	request, err := http.NewRequest(http.MethodPost, "http://"+host+standin.TestRoot+"/V2/Salarie", bytes.NewReader(document))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set(standin.DefaultKeyName, key)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

func plainToken(r *rig) string {
	return plainTokenOf(r, standin.TokenPath, "isidoor-client-secret", standin.Scope)
}

func plainTokenOf(r *rig, path, of, scope string) string {
	r.b.Helper()
	response, err := http.PostForm("http://"+r.listen+path, url.Values{"client_id": {"our-editor"}, "client_secret": {secret(r, of)},
		"grant_type": {"client_credentials"}, "scope": {scope}})
	if err != nil {
		r.b.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		r.b.Fatalf("no token: %v", err)
	}
	return answer.Token
}

func secret(r *rig, name string) string {
	r.b.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name+".secret"))
	if err != nil {
		r.b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
