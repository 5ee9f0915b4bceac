package sample

import (
	"bufio"
	"io"
	"strings"
	"time"
)

// Where the rows go in the default staging schema (migrations/staging.sql).
var (
	EmployeeTable   = []string{"staging", "employee"}
	EmployeeColumns = []string{
		"dossier", "matricule", "civilite", "nom_naissance", "nom_usage", "prenom", "date_naissance", "nir", "email",
		"voie", "code_postal", "ville", "code_pays", "iban", "contrat", "date_debut", "date_fin", "categorie_temps",
		"taux_activite", "strate", "categorie", "fonction",
	}
	ElementTable   = []string{"staging", "payroll_element"}
	ElementColumns = []string{"dossier", "matricule", "period", "code", "quantity", "amount"}
)

// Row gives the values of EmployeeColumns: strings, time.Time for dates, nil for NULL. pgx's CopyFrom takes them.
func (e *Employee) Row() []any {
	return []any{
		e.Dossier, e.Matricule, e.Civilite, e.NomNaissance, orNull(e.NomUsage), e.Prenom, e.DateNaissance, e.Nir, e.Email,
		e.Voie, e.CodePostal, e.Ville, e.CodePays, e.Iban, e.Contrat, e.DateDebut, orNull(e.DateFin), e.CategorieTemps,
		e.TauxActivite, e.Strate, e.Categorie, e.Fonction,
	}
}

// Row gives the values of ElementColumns.
func (e *Element) Row() []any {
	return []any{e.Dossier, e.Matricule, e.Period, e.Code, orNull(e.Quantity), orNull(e.Amount)}
}

func orNull[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

// WriteSQL writes a script for psql that adds the employees and the elements of all the options, in one transaction. note, one line,
// stands above it.
func WriteSQL(w io.Writer, note string, options ...Options) error {
	return writeScript(w, note, func(out *copyWriter) {
		out.employees(options)
		out.elements(options)
	})
}

// WriteElementsSQL writes a script that adds the elements alone: another month of the same staff.
func WriteElementsSQL(w io.Writer, note string, options ...Options) error {
	return writeScript(w, note, func(out *copyWriter) { out.elements(options) })
}

func writeScript(w io.Writer, note string, write func(*copyWriter)) error {
	out := &copyWriter{Writer: bufio.NewWriterSize(w, 64<<10)}
	out.text("-- " + note + "\n\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\nBEGIN;\n")
	write(out)
	out.text("COMMIT;\n")
	if err := out.Flush(); err != nil {
		return err
	}
	return nil
}

// copyWriter writes COPY's text format. Its buffer keeps the first error until Flush.
type copyWriter struct {
	*bufio.Writer
	line []byte
}

func (c *copyWriter) text(s string) { _, _ = c.WriteString(s) }

func (c *copyWriter) employees(options []Options) {
	c.begin(EmployeeTable, EmployeeColumns)
	for _, o := range options {
		for e := range Employees(o) {
			if !c.row(e.Row()) {
				return
			}
		}
	}
	c.end()
}

func (c *copyWriter) elements(options []Options) {
	c.begin(ElementTable, ElementColumns)
	for _, o := range options {
		for e := range Elements(o) {
			if !c.row(e.Row()) {
				return
			}
		}
	}
	c.end()
}

func (c *copyWriter) begin(table, columns []string) {
	c.text("COPY " + strings.Join(table, ".") + " (" + strings.Join(columns, ", ") + ") FROM stdin;\n")
}

func (c *copyWriter) end() { c.text("\\.\n") }

var copyEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// row reports whether rows are still taken.
func (c *copyWriter) row(values []any) bool {
	c.line = c.line[:0]
	for i, value := range values {
		if i > 0 {
			c.line = append(c.line, '\t')
		}
		switch v := value.(type) {
		case time.Time:
			c.line = v.AppendFormat(c.line, time.DateOnly)
		case string:
			c.line = append(c.line, copyEscapes.Replace(v)...)
		default:
			c.line = append(c.line, `\N`...)
		}
	}
	c.line = append(c.line, '\n')
	_, err := c.Write(c.line)
	return err == nil
}
