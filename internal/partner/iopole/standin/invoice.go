package standin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/sandbox"
)

// The collections.
const (
	Invoices = "factures"
	Statuses = "statuts"
)

// OtherSiret is of a company that is no dossier of anybody's: made up, with a right check digit.
const OtherSiret = "99999999900017"

// ForeignSiret is whom the invoice of the fault foreign is for, and ForeignName how they are called: no table or log may have them.
const (
	ForeignSiret = "88888888800011"
	ForeignName  = "CANARI DE L'EXEMPLE"
)

// HugeFile is how long the file of the fault huge is.
const HugeFile = 30 << 20

// id makes a UUID that is the same each time.
func id(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	text := hex.EncodeToString(sum[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// records makes up those of a dossier: one invoice in eight is its own, each has a status or two.
func (s *Sandbox) records(d sandbox.Dossier) map[string][]sandbox.Record {
	now := s.config.Now().UTC().Truncate(time.Second)
	var invoices, statuses []sandbox.Record
	for i := range s.config.Invoices {
		created := now.Add(-time.Duration(s.config.Invoices-i) * time.Hour)
		key := id("invoice", d.Customer, i)
		invoices = append(invoices, sandbox.Record{Key: key, Members: invoice(key, d.Siret, i, created)})
		for n := range 1 + i%2 {
			status := id("status", key, n)
			statuses = append(statuses, sandbox.Record{Key: status, Members: map[string]any{"invoiceId": key, "status": map[string]any{
				"statusId": status, "date": created.Add(time.Duration(n) * time.Minute).Format(time.RFC3339), "destType": "PLATFORM",
				"status": map[string]any{"code": []string{"SUBMITTED", "IN_HAND"}[n], "networkCode": strconv.Itoa(200 + n)},
			}}})
		}
	}
	return map[string][]sandbox.Record{Invoices: invoices, Statuses: statuses}
}

func invoice(key, siret string, i int, created time.Time) map[string]any {
	own := map[string]any{"name": "OGEC DE L'EXEMPLE", "siret": siret, "siren": siret[:min(9, len(siret))]}
	other := map[string]any{"name": "PAPETERIE DE L'EXEMPLE", "siret": OtherSiret, "siren": OtherSiret[:9]}
	way, seller, buyer := "RECEIVED", other, own
	if i%8 == 7 {
		way, seller, buyer = "EMITTED", own, other
	}
	amount := 10_000 + i*107
	return map[string]any{
		"invoiceId": key, "way": way, "createdDate": created.Format(time.RFC3339), "originalFormat": "FACTUR-X",
		"metadata": map[string]any{"invoiceId": key},
		"businessData": map[string]any{
			"invoiceId": fmt.Sprintf("2026-%04d", i), "invoiceDate": created.Format(time.DateOnly), "seller": seller, "buyer": buyer,
			"monetary":   map[string]any{"invoiceCurrency": "EUR", "taxBasisTotalAmount": cents(amount), "invoiceAmount": cents(amount + amount/5)},
			"taxDetails": []any{map[string]any{"percent": json.Number("20.00"), "taxableAmount": cents(amount)}},
		},
	}
}

func cents(n int) json.Number { return json.Number(fmt.Sprintf("%d.%02d", n/100, n%100)) }

// unseen are the records that are new, unless a webhook took them.
func (s *Sandbox) unseen(d *sandbox.Dossier, collection string) []sandbox.Record {
	if s.On(webhook) {
		return nil
	}
	return slices.DeleteFunc(s.Records(d.Name, collection).All(), func(one sandbox.Record) bool { return one.Seen })
}

// odd is a list in the shape of a fault; nil = it has its own.
func (s *Sandbox) odd(list any) *sandbox.Answer {
	switch {
	case s.On(null):
		return sandbox.JSON(nil)
	case s.On(shape):
		return sandbox.JSON(map[string]any{"entries": list})
	}
	return nil
}

func (s *Sandbox) serveNewInvoices(d *sandbox.Dossier, _ sandbox.Call) *sandbox.Answer {
	keys := []string{} // never null
	for _, one := range s.unseen(d, Invoices) {
		keys = append(keys, one.Key)
	}
	if odd := s.odd(keys); odd != nil {
		return odd
	}
	return sandbox.JSON(keys)
}

// serveNewStatuses groups them by invoice.
func (s *Sandbox) serveNewStatuses(d *sandbox.Dossier, _ sandbox.Call) *sandbox.Answer {
	groups := []map[string]any{}
	at := map[any]int{}
	for _, one := range s.unseen(d, Statuses) {
		of := one.Members["invoiceId"]
		i, known := at[of]
		if !known {
			i = len(groups)
			at[of], groups = i, append(groups, map[string]any{"invoiceId": of, "newStatus": []any{}})
		}
		groups[i]["newStatus"] = append(groups[i]["newStatus"].([]any), one.Members["status"]) // made just above
	}
	if odd := s.odd(groups); odd != nil {
		return odd
	}
	return sandbox.JSON(groups)
}

func (s *Sandbox) serveDetail(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	key := c.Request.PathValue("id")
	one, known := s.Records(d.Name, Invoices).Find(key)
	if !known {
		return message(http.StatusNotFound, "no such invoice")
	}
	document := s.misdirected(d, s.spoiled(d, one))
	if s.On(object) {
		return sandbox.JSON(document)
	}
	return sandbox.JSON([]any{document})
}

// spoiled is a document as the fault nul has it: those of the first three invoices.
func (s *Sandbox) spoiled(d *sandbox.Dossier, one sandbox.Record) map[string]any {
	if !s.On(nul) {
		return one.Members
	}
	for _, spoiled := range sandbox.Spoil(s.Records(d.Name, Invoices).All(), "originalFormat") {
		if spoiled.Key == one.Key {
			return spoiled.Members
		}
	}
	return one.Members
}

// misdirected is a document as the fault foreign has it: the first invoice is for somebody else.
func (s *Sandbox) misdirected(d *sandbox.Dossier, document map[string]any) map[string]any {
	if !s.On(foreign) || document["invoiceId"] != s.Records(d.Name, Invoices).All()[0].Key {
		return document
	}
	document = maps.Clone(document)
	business, _ := document["businessData"].(map[string]any)
	business = maps.Clone(business)
	business["buyer"] = map[string]any{"name": ForeignName, "siret": ForeignSiret, "siren": ForeignSiret[:9]}
	document["businessData"] = business
	return document
}

// file is one of an invoice: each has a PDF, and one in three an XML beside it.
type file struct {
	id, kind string
	invoice  string
	size     int
}

func (s *Sandbox) filesOf(d *sandbox.Dossier, invoice string) []file {
	i := slices.IndexFunc(s.Records(d.Name, Invoices).All(), func(one sandbox.Record) bool { return one.Key == invoice })
	if i < 0 {
		return nil
	}
	files := []file{{id(invoice, "pdf"), "application/pdf", invoice, 2000 + i}}
	if i == 0 && s.On(huge) {
		files[0].size = HugeFile
	}
	if i%3 == 0 {
		files = append(files, file{id(invoice, "xml"), "application/xml", invoice, 500 + i})
	}
	return files
}

// content is what a file contains: the same each time, and another for each.
func (f *file) content() []byte {
	sum := sha256.Sum256([]byte(f.id))
	content := make([]byte, f.size)
	for i := range content {
		content[i] = sum[i%len(sum)] ^ byte(i>>8)
	}
	return content
}

func (s *Sandbox) serveFiles(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	files := s.filesOf(d, c.Request.PathValue("id"))
	if files == nil {
		return message(http.StatusNotFound, "no such invoice")
	}
	var list []any
	for _, f := range files {
		sum := sha256.Sum256(f.content())
		if s.On(checksum) {
			sum[0]++
		}
		list = append(list, map[string]any{"fileId": f.id, "mimeType": f.kind, "sizeBytes": f.size, "checksum": hex.EncodeToString(sum[:])})
	}
	return sandbox.JSON(list)
}

func (s *Sandbox) serveDownload(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	asked := c.Request.PathValue("id")
	for _, one := range s.Records(d.Name, Invoices).All() {
		for _, kind := range []string{"pdf", "xml"} {
			if id(one.Key, kind) != asked {
				continue
			}
			files := s.filesOf(d, one.Key)
			if i := slices.IndexFunc(files, func(f file) bool { return f.id == asked }); i >= 0 {
				return &sandbox.Answer{Status: http.StatusOK, Body: files[i].content(), Header: map[string]string{"Content-Type": files[i].kind}}
			}
		}
	}
	return message(http.StatusNotFound, "no such file")
}

const (
	defaultLimit = 50 // A
	mostLimit    = 200
	mostOffset   = 1000
)

// serveSearch answers what was seen, too.
func (s *Sandbox) serveSearch(d *sandbox.Dossier, c sandbox.Call) *sandbox.Answer {
	query := c.Request.URL.Query()
	offset, limit := number(query, "offset", 0), number(query, "limit", defaultLimit)
	if offset < 0 || offset > mostOffset || limit < 1 || limit > mostLimit {
		return message(http.StatusBadRequest, "offset is at most 1000, limit at most 200")
	}
	matches, ok := criteria(query.Get("q"))
	if !ok {
		return message(http.StatusBadRequest, "q is not understood")
	}
	var found []any
	for _, one := range s.Records(d.Name, Invoices).All() {
		if created, _ := one.Members["createdDate"].(string); matches(created) {
			found = append(found, map[string]any{"metadata": one.Members["metadata"], "way": one.Members["way"], "createdDate": created})
		}
	}
	if s.On(echo) {
		offset = 0
	}
	from := min(offset, len(found))
	page := append([]any{}, found[from:min(from+limit, len(found))]...) // never null
	return sandbox.JSON(map[string]any{"data": page, "meta": map[string]any{"offset": offset, "limit": limit, "count": len(found)}})
}

func number(query url.Values, name string, otherwise int) int {
	if !query.Has(name) {
		return otherwise
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil {
		return -1
	}
	return n
}

// criteria reads createdDate:>="2026-01-01" AND createdDate:<"2026-02-01". A day is its first instant. That this is what Iopole
// understands is assumed.
func criteria(q string) (matches func(created string) bool, ok bool) {
	var all []func(time.Time) bool
	for part := range strings.SplitSeq(q, " AND ") {
		rest, isDate := strings.CutPrefix(part, "createdDate:")
		value := strings.TrimLeft(rest, "<>=")
		at, err := time.Parse(time.DateOnly, strings.Trim(value, `"`))
		if full, fullErr := time.Parse(time.RFC3339, strings.Trim(value, `"`)); fullErr == nil {
			at, err = full, nil
		}
		if !isDate || err != nil {
			return nil, false
		}
		switch rest[:len(rest)-len(value)] {
		case ">":
			all = append(all, func(t time.Time) bool { return t.After(at) })
		case ">=":
			all = append(all, func(t time.Time) bool { return !t.Before(at) })
		case "<":
			all = append(all, func(t time.Time) bool { return t.Before(at) })
		case "<=":
			all = append(all, func(t time.Time) bool { return !t.After(at) })
		default:
			return nil, false
		}
	}
	return func(created string) bool {
		at, err := time.Parse(time.RFC3339, created)
		return err == nil && !slices.ContainsFunc(all, func(holds func(time.Time) bool) bool { return !holds(at) })
	}, true
}
