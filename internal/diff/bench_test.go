package diff

import "testing"

func BenchmarkDiffCreated(b *testing.B) {
	spec, document := sampleSpec(), []byte(sampleDocument)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Documents(spec, nil, document, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiffUpdated(b *testing.B) {
	spec, document := sampleSpec(), []byte(sampleDocument)
	older := []byte(`{"Adresse":{"Ville":"BREST"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Documents(spec, older, document, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	spec, document := sampleSpec(), []byte(sampleDocument)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Edits(spec, document, document, nil); err != nil {
			b.Fatal(err)
		}
	}
}
