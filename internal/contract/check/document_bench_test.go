package check_test

import (
	"testing"

	"syncd/internal/contract/check"
	"syncd/internal/contract/contracttest"
	"syncd/internal/mapping"
)

func TestCheckOfADocumentThatFitsAllocatesNothing(t *testing.T) { // AllocsPerRun counts for the whole process: not parallel
	checker := check.NewChecker(contracttest.Body(t, contracttest.BenchmarkContract(t)))
	document := []byte(contracttest.BenchmarkDocument)
	if problems := checker.Check(document); problems != nil {
		t.Fatalf("the document does not fit:\n%s", contracttest.Problems(problems))
	}
	if allocations := testing.AllocsPerRun(1000, func() { checker.Check(document) }); allocations > allocationsAllowed {
		t.Errorf("%v allocations a document, want %d", allocations, allocationsAllowed)
	}
}

func BenchmarkCheck(b *testing.B) {
	checker := check.NewChecker(contracttest.Body(b, contracttest.BenchmarkContract(b)))
	document := []byte(contracttest.BenchmarkDocument)
	var problems []mapping.Problem
	b.ReportAllocs()
	for b.Loop() {
		problems = checker.Check(document)
	}
	if problems != nil {
		b.Fatalf("the document does not fit:\n%s", contracttest.Problems(problems))
	}
}
