package process

import (
	"strings"
	"testing"

	"syncd/internal/app/apptest"
	choruspro "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	jindexe "syncd/internal/partner/jindexe/standin"
)

// mostReading is how much memory a process may take that reads, in MiB.
const mostReading = 64

// peakOf runs the job, and tells the most memory that it took, in MiB.
func (r *reading) peakOf(code int) (result, int64) {
	r.t.Helper()
	p := r.startWith([]string{"GOGC=100"}, "run", "lecture") // as a user's
	peak := apptest.WatchMemory(p.cmd.Process.Pid)
	done := p.wait()
	r.want(code, done)
	return done, peak()
}

// TestAFileOf30MiB is too large where 20 MiB are allowed: that is told by each run, and nothing is acknowledged. Where more is
// allowed it is fetched, in little memory.
func TestAFileOf30MiB(t *testing.T) {
	t.Parallel()
	var r *reading
	var s *iopole.Sandbox
	r, s = readIopole(t, iopole.Config{Invoices: 4, BeforeMark: func(dossier, collection, key string) error {
		return r.isStored(s, dossier, collection, key)
	}})
	large := s.Records(dossier, iopole.Invoices).All()[0].Key
	r.faults("huge")
	for range 2 {
		done := r.read(4)
		r.wantSaid(done, "too large")
		if one, _ := s.Records(dossier, iopole.Invoices).Find(large); one.Marks > 0 {
			t.Error("the record was acknowledged without its file")
		}
		got := r.text(`SELECT format('%s %s %s', missing, size, (SELECT count(*) FROM inbox.part WHERE file_id = f.id)) FROM inbox.file f
			WHERE key = $1 AND type = 'application/pdf'`, large)
		if got != "file-too-large 31457280 0" {
			t.Errorf("the inbox has %s", got)
		}
		if n := r.number(`SELECT count(*) FROM inbox.record WHERE acknowledged_at IS NULL`); n != 1 {
			t.Errorf("%d records are not acknowledged", n)
		}
	}
	r.write(`max_file = "31 MiB"`)
	_, peak := r.peakOf(0)
	t.Logf("%d MiB", peak)
	if peak == 0 || peak >= mostReading {
		t.Errorf("it took %d MiB", peak)
	}
	if err := r.isStored(s, dossier, iopole.Invoices, large); err != nil {
		t.Error(err)
	}
	r.wantMarkedOnce(s)
}

// TestAFileWithAnotherChecksum is not stored, and its record not acknowledged, until it is what was announced.
func TestAFileWithAnotherChecksum(t *testing.T) {
	t.Parallel()
	var r *reading
	var s *iopole.Sandbox
	r, s = readIopole(t, iopole.Config{Invoices: 4, BeforeMark: func(dossier, collection, key string) error {
		return r.isStored(s, dossier, collection, key)
	}})
	r.faults("checksum")
	r.read(4)
	if got := r.text(`SELECT format('%s of %s files, %s parts', count(*) FILTER (WHERE missing = 'file-checksum'), count(*),
		(SELECT count(*) FROM inbox.part)) FROM inbox.file`); got != "6 of 6 files, 0 parts" {
		t.Errorf("the inbox has %s", got)
	}
	for _, one := range s.Records(dossier, iopole.Invoices).All() {
		if one.Marks > 0 {
			t.Errorf("%s was acknowledged", one.Key)
		}
	}
	r.faults()
	r.read(0)
	r.wantMarkedOnce(s)
}

// TestValuesThatNoDatabaseTakes cost the records that have them, each with its reason, and nobody else.
func TestValuesThatNoDatabaseTakes(t *testing.T) {
	t.Parallel()
	for profile, open := range map[string]func(*testing.T) (*reading, int){
		"chorus-pro": func(t *testing.T) (*reading, int) {
			r, _ := readChorus(t, choruspro.Config{Invoices: 150})
			return r, 150
		},
		"iopole": func(t *testing.T) (*reading, int) {
			r, _ := readIopole(t, iopole.Config{Invoices: 10})
			return r, 10 + 15 // with statuses
		},
		"jindexe": func(t *testing.T) (*reading, int) {
			r, _ := readJindexe(t, jindexe.Config{Sheets: 60})
			return r, 60 + 3
		},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			r, all := open(t)
			r.faults("nul")
			r.read(4)
			r.wantReasons(all, "record-not-text", "record-not-text", "record-not-text")
			if profile == iopole.Profile { // whose switch huge is a file
				r.faults()
				r.read(0)
				return
			}
			r.faults("huge")
			_, peak := r.peakOf(4)
			r.wantReasons(all, "record-too-large")
			if peak == 0 || peak >= mostReading {
				t.Errorf("it took %d MiB", peak)
			}
			r.faults()
			r.read(0)
			if n := r.number(`SELECT count(*) FROM inbox.record`); n != all {
				t.Errorf("%d records, want %d", n, all)
			}
		})
	}
}

// wantReasons wants the last run to have refused so many records, and to know all others.
func (r *reading) wantReasons(all int, reasons ...string) {
	r.t.Helper()
	got := r.texts(`SELECT reason_code FROM syncd.run_record WHERE run_id = (SELECT max(id) FROM syncd.run) AND difference = '!' ORDER BY 1`)
	if strings.Join(got, " ") != strings.Join(reasons, " ") {
		r.t.Errorf("refused were %q, want %q", got, reasons)
	}
	if n := r.number(`SELECT records_read - records_refused FROM syncd.run ORDER BY id DESC LIMIT 1`); n != all-len(reasons) {
		r.t.Errorf("%d others were read, want %d", n, all-len(reasons))
	}
}
