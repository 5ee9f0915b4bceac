package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"syncd/internal/sample"
)

const (
	loaded     = 500_000 // employees, with an element each
	loadMemory = 64      // MiB
)

// BenchmarkLoad loads half a million employees, each of whom is replaced by one of whom a column differs, and does the same by
// psql, which checks nothing: \copy into temporary tables, DELETE and INSERT, in one transaction.
func BenchmarkLoad(b *testing.B) {
	r := newRig(b)
	r.run(export(r, 0)...)
	var ours cost
	var copied time.Duration
	for i := 1; b.Loop(); i += 2 {
		c := r.run(export(r, i)...)
		export(r, i+1)
		ours, copied = sum(ours, c), copied+psqlLoads(r)
		if c.rss > loadMemory {
			b.Errorf("%d MiB, at most %d", c.rss, loadMemory)
		}
	}
	besidePsql(b, ours, copied)
}

// psqlLoads is the yardstick. The files have the columns of the tables, in their order, and days first.
func psqlLoads(r *rig) time.Duration {
	r.b.Helper()
	script := "BEGIN; SET LOCAL datestyle = 'ISO, DMY';\n"
	for table, file := range map[string]string{"staging.employee": "employees.csv", "staging.payroll_element": "elements.csv"} {
		script += fmt.Sprintf("CREATE TEMP TABLE now (LIKE %s) ON COMMIT DROP;\n"+
			`\copy now FROM '%s' WITH (FORMAT csv, DELIMITER ';', HEADER MATCH)`+
			"\nDELETE FROM %[1]s; INSERT INTO %[1]s SELECT * FROM now; DROP TABLE now;\n", table, filepath.Join(r.dir, file))
	}
	start := time.Now()
	cmd := exec.Command("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", r.db.URL) //nolint:gosec // our own server
	cmd.Stdin = strings.NewReader(script + "COMMIT;\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		r.b.Fatalf("%v: %s", err, said)
	}
	return time.Since(start)
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
