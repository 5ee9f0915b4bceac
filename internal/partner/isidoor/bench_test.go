package isidoor

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// BenchmarkSend measures one document, server included; BenchmarkBare is the same with net/http alone, to compare.
func BenchmarkSend(b *testing.B) {
	p := newPartner(b, discard)
	c := p.open(b, func(o *Options) { o.MaxInFlight = 16 })
	api := c.Dossier(testKey)
	document := []byte(strings.Repeat("x", 1200))
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if out := api.Send(context.Background(), "00042", document, nil); out.Class != jobs.ClassAccepted {
				b.Fatalf("outcome %+v", out)
			}
		}
	})
}

func BenchmarkBare(b *testing.B) {
	p := newPartner(b, discard)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: (&net.Dialer{}).DialContext}}
	b.Cleanup(client.CloseIdleConnections)
	document := strings.Repeat("x", 1200)
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			answer, err := client.Post(p.URL+"/Api2/V2/Salarie", "application/json", strings.NewReader(document))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, answer.Body); err != nil {
				b.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func discard(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
	}
}
