package sample_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"syncd/internal/sample"
)

func TestRowsFitTheColumns(t *testing.T) {
	t.Parallel()
	e := sample.Employee{DateDebut: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), Fonction: "F"}
	row := e.Row()
	if len(row) != len(sample.EmployeeColumns) || row[len(row)-1] != "F" {
		t.Errorf("%d values for %d columns", len(row), len(sample.EmployeeColumns))
	}
	for i, column := range sample.EmployeeColumns {
		if isNull := row[i] == nil; isNull != (column == "nom_usage" || column == "date_fin") {
			t.Errorf("%s is %v", column, row[i])
		}
	}
	element := sample.Element{Amount: "1.00"}
	if row := element.Row(); len(row) != len(sample.ElementColumns) || row[4] != nil || row[5] != "1.00" {
		t.Errorf("element %v", row)
	}
}

func TestWriteSQL(t *testing.T) {
	t.Parallel()
	one := sample.Options{Dossier: `a\b` + "\tc", Employees: 2, ElementsPerEmployee: 1.5, Period: "2026-11"}
	two := sample.Options{Dossier: "d", Employees: 1, Period: "2026-11"}
	var out bytes.Buffer
	if err := sample.WriteSQL(&out, "nobody in it exists", one, two); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	var shape []string
	for _, line := range lines {
		word, _, _ := strings.Cut(strings.TrimPrefix(line, "\\set "), " ")
		if columns := strings.Split(line, "\t"); len(columns) > 1 {
			word = columns[0]
			if n := len(columns); n != len(sample.EmployeeColumns) && n != len(sample.ElementColumns) {
				t.Errorf("%d columns in %q", n, line)
			}
		}
		shape = append(shape, word)
	}
	escaped := `a\\b\tc`
	want := strings.Join([]string{"--", "ON_ERROR_STOP", "SET", "BEGIN;", "COPY", escaped, escaped, "d", `\.`, "COPY", escaped, escaped,
		escaped, `\.`, "COMMIT;", ""}, " ")
	if got := strings.Join(shape, " "); got != want {
		t.Errorf("script\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(out.String(), `\N`) {
		t.Error("no NULL")
	}
}

func TestWriteElementsSQL(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := sample.WriteElementsSQL(&out, "nobody in it exists", sample.Options{Dossier: "d", Employees: 1, ElementsPerEmployee: 1,
		Period: "2026-12"}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "staging.employee") || !strings.Contains(text, "d\t00001\t2026-12\t") {
		t.Errorf("script %s", text)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriteSQLTellsThatItCouldNot(t *testing.T) {
	t.Parallel()
	if err := sample.WriteSQL(brokenPipe{}, "nobody in it exists", sample.Options{Employees: 1}); err == nil || err.Error() != "broken pipe" {
		t.Errorf("error %v", err)
	}
}

// What reads the script may have gone, such as head(1): nothing is made for nobody.
func TestWriteSQLEndsWithItsReader(t *testing.T) {
	t.Parallel()
	endless := sample.Options{Dossier: "a", Employees: 1 << 40, ElementsPerEmployee: 1, Period: "2026-11"}
	for name, write := range map[string]func(io.Writer, string, ...sample.Options) error{
		"whole": sample.WriteSQL, "elements": sample.WriteElementsSQL,
	} {
		if err := write(brokenPipe{}, "", endless); err == nil {
			t.Errorf("%s: nil", name)
		}
	}
}
