package mapping

import (
	"testing"

	"syncd/internal/canonjson"
)

func TestSteadyStateAllocatesNothing(t *testing.T) { // AllocsPerRun counts for the whole process: not parallel
	b := mustCompile(t, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	row, children := sampleRow(), sampleChildren()
	allocations := testing.AllocsPerRun(100, func() {
		if document, _ := build(b, row, children...); len(document) == 0 {
			t.Error("no document")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations a document", allocations)
	}
}

func BenchmarkDocument(b *testing.B) {
	builder := mustCompile(b, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	row := sampleRow()
	b.ReportAllocs()
	for b.Loop() {
		build(builder, row)
	}
}

func BenchmarkDocumentWithChildren(b *testing.B) {
	builder := mustCompile(b, sampleSpec(), sampleShape(), sampleNomenclatures()).NewBuilder()
	row, children := sampleRow(), sampleChildren()
	b.ReportAllocs()
	for b.Loop() {
		build(builder, row, children...)
	}
}

func BenchmarkMask(b *testing.B) {
	spec, document := sampleSpec(), []byte(sampleDocument)
	b.ReportAllocs()
	for b.Loop() {
		spec.Mask(document, "The request is invalid. salarie.Nom: EXEMPLE est inconnu de la caisse.", "00042")
	}
}

func BenchmarkText(b *testing.B) {
	document := []byte(sampleDocument)
	b.ReportAllocs()
	for b.Loop() {
		canonjson.Text(document, "Iban")
	}
}
