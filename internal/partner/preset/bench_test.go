package preset_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	choruspartner "syncd/internal/partner/choruspro/standin"
)

// BenchmarkPage asks for a page of a hundred invoices, whose answer is made up once: a call, and all that reading it takes.
func BenchmarkPage(b *testing.B) {
	s := chorusAPI(b)
	var page []byte
	p := open(b, &choruspro.Definition, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page == nil || r.URL.Path != choruspartner.SearchPath {
			answer := httptest.NewRecorder()
			s.ServeHTTP(answer, r)
			if r.URL.Path == choruspartner.SearchPath {
				page = bytes.Clone(answer.Body.Bytes())
			} else {
				_, _ = w.Write(answer.Body.Bytes())
				return
			}
		}
		_, _ = w.Write(page)
	}), "")
	ask := jobs.Ask{Collection: "factures", From: time.Now().AddDate(0, 0, -120), To: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		if p, err := p.Page(b.Context(), ask); err != nil || len(p.Records) != 100 || p.Records[0].Problem != "" {
			b.Fatal(p, err)
		}
	}
}
