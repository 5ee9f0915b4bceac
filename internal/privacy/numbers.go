package privacy

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"syncd/internal/canonjson"
)

// months are the names under which dates may be told, in French and English.
var months = [12][]string{
	{"janvier", "janv", "january", "jan"}, {"février", "fevrier", "févr", "fevr", "fév", "fev", "february", "feb"}, {"mars", "march", "mar"},
	{"avril", "avr", "april", "apr"}, {"mai", "may"}, {"juin", "june", "jun"}, {"juillet", "juil", "july", "jul"},
	{"août", "aout", "august", "aug"}, {"septembre", "sept", "september", "sep"}, {"octobre", "october", "oct"},
	{"novembre", "november", "nov"}, {"décembre", "decembre", "déc", "dec", "december"},
}

// addDate adds the ways to write a date, where the text begins with one as documents have them.
func (t *terms) addDate(text string, add func(string)) {
	if len(text) < len(time.DateOnly) || text[len("2006")] != '-' {
		return
	}
	text = text[:len(time.DateOnly)]
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return
	}
	add(text)
	d := date{day.Year(), int(day.Month()), day.Day()}
	t.dates[d] = true
	for _, year := range []string{text[:4], text[2:4]} {
		for _, number := range []string{strconv.Itoa(d.day), fmt.Sprintf("%02d", d.day), strconv.Itoa(d.day) + "er", strconv.Itoa(d.day) + "th"} {
			for _, name := range months[d.month-1] {
				t.spread = append(t.spread, number+name+year, name+number+year, year+name+number)
			}
		}
	}
}

// digitGroup is a run of digits in a message.
type digitGroup struct {
	start, end int
	before     string // what stands between it and the group before, where both may be one number; "" = nothing
}

// paintNumbers hides numbers and dates that are the employee's own, however they are grouped, and any long row of digits.
// The groups of a row stand with little between them: "1 234,50", "17-05-1985", "30006 - 00001".
// The key stands for itself.
func (p *painter) paintNumbers(t *terms, key string) {
	var row []digitGroup
	for at := 0; at < len(p.message); {
		start, end := p.nextGroup(at)
		if start == end {
			break
		}
		between := p.message[at:start]
		isKey := fold(p.message[start:end]) == key
		if len(row) == 0 || !joins(between) || isKey {
			p.paintRow(row, t, key)
			row = row[:0]
		}
		if !isKey {
			row = append(row, digitGroup{start, end, between})
		}
		at = end
	}
	p.paintRow(row, t, key)
}

// nextGroup finds the next digits from at on.
func (p *painter) nextGroup(at int) (start, end int) {
	start = at + strings.IndexFunc(p.message[at:], unicode.IsDigit)
	if start < at {
		return at, at
	}
	end = start
	for end < len(p.message) {
		r, size := utf8.DecodeRuneInString(p.message[end:])
		if !unicode.IsDigit(r) {
			break
		}
		end += size
	}
	return start, end
}

// joins reports whether what stands between two groups may be within one number: few spaces, dots and dashes, or one of some
// other signs.
func joins(between string) bool {
	if n := utf8.RuneCountInString(between); n == 1 && strings.ContainsAny(between, "/_'’,+*") {
		return true
	} else if n > 3 {
		return false
	}
	return !strings.ContainsFunc(between, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Pd, r) && r != '.' && r != '·' && r != '−'
	})
}

// mostGroups is how many groups a number or a date of a document may have.
const mostGroups = 6

func (p *painter) paintRow(row []digitGroup, t *terms, key string) {
	if len(row) == 0 || fold(p.message[row[0].start:row[len(row)-1].end]) == key {
		return
	}
	digits := 0
	for i := range row {
		digits += utf8.RuneCountInString(p.message[row[i].start:row[i].end])
	}
	if digits >= longDigits {
		p.hide(row[0].start, row[len(row)-1].end)
		return
	}
	for i := range row {
		for j := i; j < min(len(row), i+mostGroups); j++ {
			if part := row[i : j+1]; p.isNumber(part, t.numbers) || p.isDate(part, t.dates) {
				p.hide(part[0].start, part[len(part)-1].end)
			}
		}
	}
}

// isNumber reports whether groups are one of the numbers: the last separator may be the decimal sign.
func (p *painter) isNumber(part []digitGroup, numbers map[string]bool) bool {
	if len(numbers) == 0 || utf8.RuneCountInString(p.message[part[0].start:part[len(part)-1].end]) <= shortValue {
		return false
	}
	whole, fraction := "", ""
	for i := range part {
		digits := fold(p.message[part[i].start:part[i].end])
		if sign := part[i].before; i > 0 && i == len(part)-1 && (sign == "." || sign == ",") {
			fraction = digits
		}
		whole += digits
	}
	same := func(text string) bool {
		number, ok := canonjson.AppendDecimal(nil, []byte(text))
		return ok && numbers[string(number)]
	}
	if fraction != "" && same(withoutZeros(strings.TrimSuffix(whole, fraction))+"."+fraction) {
		return true
	}
	return same(withoutZeros(whole))
}

// withoutZeros is a whole number without leading zeros, as JSON wants it.
func withoutZeros(digits string) string {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0"
	}
	return digits
}

// isDate reports whether groups are one of the dates, in any order, the century left out perhaps.
func (p *painter) isDate(part []digitGroup, dates map[date]bool) bool {
	var texts []string
	for i := range part {
		texts = append(texts, fold(p.message[part[i].start:part[i].end]))
	}
	if len(texts) == 1 && len(texts[0]) == 6 { // 170585
		texts = []string{texts[0][:2], texts[0][2:4], texts[0][4:]}
	}
	if len(texts) != 3 {
		return false
	}
	n := [3]int{}
	for i, text := range texts {
		var err error
		if n[i], err = strconv.Atoi(text); err != nil {
			return false
		}
	}
	for d := range dates {
		for _, year := range []int{d.year, d.year % 100} {
			for _, order := range [][3]int{{d.day, d.month, year}, {d.month, d.day, year}, {year, d.month, d.day}, {year, d.day, d.month}} {
				if order == n {
					return true
				}
			}
		}
	}
	return false
}
