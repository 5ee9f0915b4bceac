package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"syncd/internal/jobs"
)

// keptLedger is a copy of the ledger's files, and what a history knew when it was made. Once in a while such a copy is put
// back in the middle of a history: the partner has what it has, and the ledger knows nothing of what was sent since.
type keptLedger struct {
	at, backAt int  // the steps after which it is made, and put back; -1 = never
	back       bool // it was put back

	putBack func()
	mark    []byte // what the watermark was
	runs    []int64
	audit   []string
	plans   map[int64]*frozenPlan
	holds   map[heldKey][]byte
	found   map[heldKey]map[int64]jobs.Period
}

func (h *history) planPutBack(steps int) {
	h.kept = keptLedger{at: -1, backAt: -1}
	if h.oneIn(4, "put back") {
		h.kept.at = h.below(steps-1, "kept")
		h.kept.backAt = h.kept.at + 1 + h.below(steps-h.kept.at-1, "put back later")
	}
}

func (h *history) keepOrPutBack(step int) {
	switch step {
	case h.kept.at:
		h.keep()
	case h.kept.backAt:
		h.putBack()
		h.wantTruth()
	}
	if h.kept.back && h.oneIn(3, "unpause") {
		h.unpause()
	}
}

func (h *history) keep() {
	k := &h.kept
	k.mark, _ = h.mark()
	k.putBack = h.w.db.Rewind(h.w.t, "syncd")
	k.runs, k.audit, k.plans, k.holds = slices.Clone(h.runs), slices.Clone(h.audit), maps.Clone(h.plans.of), maps.Clone(h.api.holds)
	k.found = map[heldKey]map[int64]jobs.Period{}
	for at, runs := range h.api.found {
		k.found[at] = maps.Clone(runs)
	}
}

// putBack stops the process, puts the ledger back, and starts it again. It notices at once, as a daemon does, or before it
// executes the next run, as a command does. Where nothing was executed since, there is nothing to notice.
func (h *history) putBack() {
	h.Helper()
	k := &h.kept
	mark, path := h.mark()
	if bytes.Equal(mark, k.mark) {
		return
	}
	h.ledgerProcess.close()
	h.logEndsBefore(mark, path)
	k.putBack()
	k.back, h.runs, h.audit, h.plans.of, h.api.found = true, k.runs, k.audit, k.plans, k.found
	h.api.lose(k.holds)
	h.putBacks, h.pushes = h.putBacks+1, []string{h.job.Name}
	h.succeed()
	if h.oneIn(2, "noticed at once") {
		h.wantNoticed()
	}
}

// mark is the watermark, and its file; nil = there is none yet.
func (h *history) mark() (text []byte, path string) {
	h.Helper()
	files, err := filepath.Glob(filepath.Join(h.marks, "ledger-*.json"))
	h.must(err)
	if len(files) == 0 {
		return nil, ""
	}
	text, err = os.ReadFile(files[0])
	h.must(err)
	return text, files[0]
}

// logEndsBefore makes the watermark one that has seen more of the server's log than there is: with the files of a ledger its
// log goes back, too, and rows that are put back go on in it.
func (h *history) logEndsBefore(mark []byte, path string) {
	h.Helper()
	var ahead map[string]json.RawMessage
	h.must(json.Unmarshal(mark, &ahead))
	ahead["wal"] = json.RawMessage(strconv.FormatInt(1<<60, 10))
	text, err := json.Marshal(ahead)
	h.must(err)
	h.must(os.WriteFile(path, text, 0o600))
}

// wantNoticed wants each time that the ledger was put back to be told once.
func (h *history) wantNoticed() {
	h.Helper()
	h.must(h.store.Notice(context.Background()))
	if n := h.count(`SELECT count(*) FROM syncd.audit WHERE decision = 'put-back'`); n != h.putBacks {
		h.Fatalf("the ledger was put back %d times, and that was noticed %d times", h.putBacks, n)
	}
}

// unpause is what a person does who has compared.
func (h *history) unpause() {
	_, err := h.store.Unpause(context.Background(), h.job.Name, "marie", "")
	h.must(err)
}

// lose marks what has changed since a ledger was kept that is put back now.
func (f *fakeAPI) lose(kept map[heldKey][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, holds := range []map[heldKey][]byte{kept, f.holds} {
		for at := range holds {
			if !bytes.Equal(kept[at], f.holds[at]) {
				f.lost[at] = true
				delete(f.of, at)
			}
		}
	}
}
