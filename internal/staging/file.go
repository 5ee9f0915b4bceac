// Package staging reads what payroll software exports for the default tables of staging: two files of separated values, in the
// encodings and forms of French exports. It converts and checks each value, row by row: memory does not grow with the file. What
// is wrong is told by file, line and column, and never by a value.
package staging

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"syncd/internal/plaintext"
)

// Options say how files are to be read.
type Options struct {
	Dossier string // of files that have no such column
	Period  string // likewise
	// a person named them, so that no file may have such a column
	DossierNamed, PeriodNamed bool
	Known                     []string // the names of dossiers that there are
	Separator                 rune     // 0 = found out
	// How files call columns that they do not call as staging does; "" = they have none, and it stays empty.
	Columns map[string]string
	Ignored []string // columns of files that staging does not have
}

// File is an export of a table. Close it.
type File struct {
	Name      string
	Encoding  string
	Separator rune
	Rows      int // that were read

	Table *Table

	options *Options
	file    *os.File
	before  os.FileInfo
	headed  int      // the line of the headings
	skipped int      // lines before the first row: Excel's sep=;
	returns bool     // lines end with a carriage return alone, as those of old Macintoshes do
	fields  []int    // of each column of the table; none = the file has no such column
	given   []string // the values of those
	unnamed []int    // fields without a heading
}

const none = -1

// Open looks at a file: its encoding, separator and columns. An error is an *Error, or of the system.
func Open(path string, table *Table, options *Options) (*File, error) {
	f := &File{Name: filepath.Base(path), Table: table, options: options}
	if err := f.open(path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) open(path string) error {
	var err error
	if f.file, err = os.Open(path); err != nil {
		return f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	if f.before, err = f.file.Stat(); err != nil {
		return f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	if !f.before.Mode().IsRegular() {
		return f.At(0, "", "load.no-file")
	}
	if f.Encoding, err = encodingOf(f.file); err != nil {
		return f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	switch f.Encoding {
	case workbook:
		return f.At(0, "", "load.workbook")
	case "":
		return f.NoRow()
	}
	return f.readHeader()
}

// NoRow is what is wrong with a file without any.
func (f *File) NoRow() *Mistake {
	if f.Table == Elements {
		return f.At(0, "", "load.no-element-row")
	}
	return f.At(0, "", "load.no-row")
}

// plainCause is an error of the system without the path, which is told already.
func plainCause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// Close closes the file.
func (f *File) Close() {
	if f.file != nil {
		f.file.Close()
	}
}

// The encodings that are read, and what is none.
const (
	utf8Name    = "UTF-8"
	windowsName = "Windows-1252"
	utf16Name   = "UTF-16"
	workbook    = "workbook"
)

// encodingOf looks at the whole file: one byte that is no UTF-8 makes it Windows-1252. "" = there is nothing in it.
func encodingOf(file io.Reader) (string, error) {
	const look = 64 << 10
	buffer, kept := make([]byte, look), 0
	name, first := utf8Name, true
	for {
		n, err := io.ReadFull(file, buffer[kept:])
		text := buffer[:kept+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return "", err
		}
		if other := otherThanText(text); first && (other != "" || len(text) == 0) {
			return other, nil
		}
		first = false
		whole := len(text)
		if !last {
			whole = wholeRunes(text)
		}
		if !utf8.Valid(text[:whole]) {
			name = windowsName
		}
		if last || name == windowsName {
			return name, nil
		}
		kept = copy(buffer, text[whole:])
	}
}

// otherThanText is what begins so, of what is not read byte by byte. "" = none of these.
func otherThanText(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("\xD0\xCF\x11\xE0")):
		return workbook
	case plaintext.UTF16Order(start) != nil:
		return utf16Name
	}
	return ""
}

// wholeRunes is how many bytes of a text are there without a character that may go on behind its end.
func wholeRunes(text []byte) int {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}

// text reads the file from its beginning on, as UTF-8 without a mark.
func (f *File) text() (io.Reader, error) {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var head [4]byte
	n, err := f.file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	decoder := unicode.UTF8BOM.NewDecoder()
	switch f.Encoding {
	case windowsName:
		decoder = charmap.Windows1252.NewDecoder()
	case utf16Name:
		endianness := unicode.LittleEndian
		if plaintext.UTF16Order(head[:n]).Uint16([]byte{0, 1}) == 1 {
			endianness = unicode.BigEndian
		}
		decoder = unicode.UTF16(endianness, unicode.UseBOM).NewDecoder()
	}
	var text io.Reader = transform.NewReader(f.file, decoder)
	if f.returns {
		text = newlines{text}
	}
	if f.skipped == 0 {
		return text, nil
	}
	rest := bufio.NewReader(text)
	for range f.skipped {
		if _, err := rest.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return rest, nil
}

// newlines ends lines as everybody does.
type newlines struct{ from io.Reader }

func (r newlines) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// Copy writes the rows in the text format of Postgres: the columns of the table, then the line of the file. What is wrong with a
// row goes to mistakes, and the row nowhere. seen hears how many rows were read.
func (f *File) Copy(w io.Writer, mistakes *Mistakes, seen func(rows int)) error {
	text, err := f.text()
	if err != nil {
		return f.At(0, "", "load.unreadable", "cause", plainCause(err))
	}
	limited := &limitedRecord{from: text}
	rows := newRows(limited, f.Separator)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return f.At(f.headed, "", "load.quotes")
	}
	out := bufio.NewWriterSize(w, 64<<10) //nolint:mnd // bytes
	for {
		limited.since = 0
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		at, stop, err := f.unread(rows, record, err, mistakes)
		if err != nil {
			return err
		}
		if stop {
			break
		}
		if at == 0 || isBlank(record) {
			continue
		}
		f.Rows++
		if row, ok := f.row(record, at, mistakes); ok {
			if _, err := out.Write(row); err != nil {
				return err
			}
		}
		const often = 1000 // rows
		if f.Rows%often == 0 {
			seen(f.Rows)
		}
	}
	seen(f.Rows)
	if err := out.Flush(); err != nil {
		return err
	}
	return f.unchanged()
}

// unread is the line of a record; 0 = it is no row, and why is noted. stop: what follows cannot be told apart.
func (f *File) unread(rows *csv.Reader, record []string, err error, mistakes *Mistakes) (at int, stop bool, _ error) {
	var parse *csv.ParseError
	switch {
	case err == nil:
		at, _ = rows.FieldPos(0)
		return f.skipped + at, false, nil
	case errors.Is(err, errRecord):
		at, _ = rows.FieldPos(0)
		mistakes.Add(f.At(f.skipped+at, "", "load.long"))
		return 0, true, nil
	case errors.Is(err, csv.ErrFieldCount):
		at, _ = rows.FieldPos(0)
		of := rows.FieldsPerRecord
		if len(record) > of && isBlank(record[of:]) { // separators at the end, and nothing behind them
			return f.skipped + at, false, nil
		}
		if !isBlank(record) {
			mistakes.Add(f.At(f.skipped+at, "", "load.fields", "n", len(record), "of", of))
		}
		return 0, false, nil
	case errors.As(err, &parse):
		mistakes.Add(f.At(f.skipped+parse.StartLine, "", "load.quotes"))
		return 0, true, nil
	}
	return 0, false, f.At(0, "", "load.unreadable", "cause", plainCause(err))
}

// unchanged refuses a file that was written to while it was read.
func (f *File) unchanged() error {
	after, err := f.file.Stat()
	switch {
	case err != nil:
		return f.At(0, "", "load.unreadable", "cause", plainCause(err))
	case after.Size() != f.before.Size() || !after.ModTime().Equal(f.before.ModTime()):
		return f.At(0, "", "load.moved")
	}
	return nil
}

func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(text string) bool { return strings.Trim(text, spaces) != "" })
}

// row is a record in the text format of Postgres.
func (f *File) row(record []string, at int, mistakes *Mistakes) (row []byte, ok bool) {
	ok = true
	for i := range f.Table.columns {
		c := &f.Table.columns[i]
		text := f.given[i]
		if field := f.fields[i]; field != none {
			text = record[field]
		}
		value, wrong := c.read(text)
		if wrong == "" && c.name == dossierColumn && !slices.Contains(f.options.Known, value) {
			wrong = "load.no-dossier"
		}
		if wrong != "" {
			mistakes.Add(f.At(at, c.name, wrong, "n", c.decimals, "digits", c.digits))
			ok = false
			continue
		}
		row = append(appendValue(row, value), '\t')
	}
	for _, field := range f.unnamed {
		if strings.Trim(record[field], spaces) != "" {
			mistakes.Add(f.At(at, "", "load.unnamed", "n", field+1))
			ok = false
		}
	}
	return append(strconv.AppendInt(row, int64(at), 10), '\n'), ok
}

var escapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func appendValue(row []byte, value string) []byte {
	switch {
	case value == "":
		return append(row, '\\', 'N')
	case strings.ContainsAny(value, "\\\t\n\r"):
		value = escapes.Replace(value)
	}
	return append(row, value...)
}

// mostRecord is how long a row may be, in bytes: an open quote would take in the rest of the file.
const mostRecord = 1 << 20

var errRecord = errors.New("a row is too long")

// limitedRecord ends the reading of a record that has no end.
type limitedRecord struct {
	from  io.Reader
	since int // bytes since the last record
}

func (l *limitedRecord) Read(p []byte) (int, error) {
	if l.since > mostRecord {
		return 0, errRecord
	}
	n, err := l.from.Read(p)
	l.since += n
	return n, err
}

// newRows reads rows.
func newRows(text io.Reader, separator rune) *csv.Reader {
	rows := csv.NewReader(text)
	rows.Comma = separator
	return rows
}
