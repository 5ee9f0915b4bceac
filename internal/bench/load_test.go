package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"syncd/internal/sample"
)

const (
	loaded     = 500_000 // employees, with an element each
	loadMemory = 64      // MiB
)

// BenchmarkLoad loads half a million employees, each of whom is new at first and replaced after that.
func BenchmarkLoad(b *testing.B) {
	r := newRig(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		args := export(r, i)
		b.StartTimer()
		c := r.run(args...)
		b.ReportMetric(float64(c.rss), "MiB")
		b.ReportMetric(c.cpu.Seconds(), "cpu-s")
		if c.rss > loadMemory {
			b.Errorf("%d MiB, at most %d", c.rss, loadMemory)
		}
	}
}

// export writes the files, of which each time a column is another one.
func export(r *rig, round int) []string {
	r.b.Helper()
	paths := []string{filepath.Join(r.dir, "employees.csv"), filepath.Join(r.dir, "elements.csv")}
	options := sample.Options{Dossier: dossier, Employees: loaded, ElementsPerEmployee: 1, Period: period, Seed: 1}
	write := func(path string, rows func(w *bufio.Writer)) {
		file, err := os.Create(path)
		check(r, err)
		w := bufio.NewWriter(file)
		rows(w)
		check(r, w.Flush())
		check(r, file.Close())
	}
	line := func(w *bufio.Writer, row []any) {
		for i, value := range row {
			if i > 0 {
				w.WriteByte(';') //nolint:errcheck // Flush tells
			}
			switch value := value.(type) {
			case nil:
			case time.Time:
				w.WriteString(value.Format("02/01/2006")) //nolint:errcheck // Flush tells
			default:
				fmt.Fprint(w, value)
			}
		}
		w.WriteByte('\n') //nolint:errcheck // Flush tells
	}
	headings := func(names []string) (row []any) {
		for _, name := range names {
			row = append(row, name)
		}
		return row
	}
	write(paths[0], func(w *bufio.Writer) {
		line(w, headings(sample.EmployeeColumns))
		for e := range sample.Employees(options) {
			row := e.Row()
			row[len(row)-1] = fmt.Sprint("F_", round)
			line(w, row)
		}
	})
	write(paths[1], func(w *bufio.Writer) {
		line(w, headings(sample.ElementColumns))
		for e := range sample.Elements(options) {
			line(w, e.Row())
		}
	})
	return append([]string{"staging", "load"}, append(paths, "--as-superuser")...)
}
