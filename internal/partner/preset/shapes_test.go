package preset_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	"syncd/internal/partner/iopole"
	"syncd/internal/partner/jindexe"
	"syncd/internal/partner/preset"
)

// chorus is an answer of Chorus Pro around invoices.
func chorus(invoices, of string) string {
	return `{"codeRetour":0,"libelle":"GDU_MSG_00.000","listeFactures":` + invoices + `,"parametresRetour":` + of + `}`
}

const one = `{"pageCourante":1,"pages":1,"nbResultatsParPage":100,"total":1}`

// TestShapes: what each answer is read as. D = documented by the owner, P = seen in public clients, A = assumed. What is none of
// them fails by the name of the call, and never reads as empty.
func TestShapes(t *testing.T) {
	t.Parallel()
	invoice := fmt.Sprintf(`{"identifiantFactureCPP":9007199254740993,"codeFournisseur":%q,"montantTTC":1250.00}`, siret)
	for name, test := range map[string]struct {
		of         *preset.Definition
		collection string
		answer     string
		keys       string // of the records, with problems; "" with fails = none
		fails      string
	}{
		"D one invoice, its number beyond floats": {&choruspro.Definition, "factures", chorus("["+invoice+"]", one), "9007199254740993", ""},
		"D none":             {&choruspro.Definition, "factures", chorus("[]", `{"pageCourante":1,"pages":0,"total":0}`), "", ""},
		"A none, and page 0": {&choruspro.Definition, "factures", chorus("[]", `{"pageCourante":0,"pages":0,"total":0}`), "", ""},
		"A the code as text": {&choruspro.Definition, "factures", strings.Replace(chorus("["+invoice+"]", one), `"codeRetour":0`,
			`"codeRetour":"0"`, 1), "9007199254740993", ""},
		"D another libelle": {&choruspro.Definition, "factures", strings.Replace(chorus("["+invoice+"]", one), "GDU_MSG_00.000",
			"TRA_MSG_00.000", 1), "9007199254740993", ""},
		"- null instead of a list":      {&choruspro.Definition, "factures", chorus("null", one), "", "preset.shape-list"},
		"- an object instead of a list": {&choruspro.Definition, "factures", chorus("{}", one), "", "preset.shape-list"},
		"- no list":                     {&choruspro.Definition, "factures", `{"codeRetour":0,"libelle":"x"}`, "", "preset.shape-list"},
		"- no code": {&choruspro.Definition, "factures", strings.Replace(chorus("[]", one), `"codeRetour":0,`, "", 1), "",
			"preset.shape-code"},
		"- a null code": {&choruspro.Definition, "factures",
			strings.Replace(chorus("[]", one), `"codeRetour":0`, `"codeRetour":null`, 1), "", "preset.shape-code"},
		"- another page": {&choruspro.Definition, "factures", chorus("["+invoice+"]", `{"pageCourante":2,"pages":9,"total":812}`),
			"", "preset.other-page"},
		"- a total that is none": {&choruspro.Definition, "factures",
			chorus("["+invoice+"]", `{"pageCourante":1,"pages":1,"total":"many"}`), "", "preset.shape-count"},
		"- HTML":                     {&choruspro.Definition, "factures", "<html><title>Maintenance</title>", "", "call.markup"},
		"- nothing":                  {&choruspro.Definition, "factures", "", "", "preset.shape-json"},
		"- half of it":               {&choruspro.Definition, "factures", chorus("["+invoice+"]", one)[:80], "", "preset.shape-json"},
		"- something behind it":      {&choruspro.Definition, "factures", chorus("[]", one) + "{}", "", "preset.shape-json"},
		"- texts":                    {&choruspro.Definition, "factures", chorus(`["a"]`, one), "", "preset.shape-record"},
		"P bare texts":               {&iopole.Definition, "factures", `["0f3a-1","0f3a-2","0f3a-1"]`, "0f3a-1 0f3a-2", ""},
		"P none, for texts":          {&iopole.Definition, "factures", ` [] `, "", ""},
		"- objects instead of texts": {&iopole.Definition, "factures", `[{"invoiceId":"0f3a-1"}]`, "", "preset.shape-record"},
		"- null, for texts":          {&iopole.Definition, "factures", `null`, "", "preset.shape-list"},
		"- wrapped":                  {&iopole.Definition, "factures", `{"entries":["0f3a-1"]}`, "", "preset.shape-list"},
		"- a null among them":        {&iopole.Definition, "factures", `["0f3a-1",null]`, "", "preset.shape-record"},
		"A keys that no path can carry": {&iopole.Definition, "factures", `["../status","a/b","a?b","a%2fb","a\nb","","..",".","é"]`,
			"!record-key-unusable !record-key-unusable !record-key-unusable !record-key-unusable !record-key-unusable !record-no-key " +
				"!record-key-unusable !record-key-unusable !record-key-unusable", ""},
		"A a key too long": {&iopole.Definition, "factures", `["` + strings.Repeat("a", 201) + `","` + strings.Repeat("a", 200) +
			`"]`, "!record-key-too-long " + strings.Repeat("a", 200), ""},
		"P grouped": {&iopole.Definition, "statuts",
			`[{"invoiceId":"i1","newStatus":[{"statusId":"s1"},{"statusId":"s2"}]},{"invoiceId":"i2","newStatus":[{"statusId":"s3"}]}]`, "s1 s2 s3",
			""},
		"P an empty group":           {&iopole.Definition, "statuts", `[{"invoiceId":"i1","newStatus":[]}]`, "", ""},
		"- a group without its list": {&iopole.Definition, "statuts", `[{"invoiceId":"i1"}]`, "", "preset.shape-list"},
		"- not grouped":              {&iopole.Definition, "statuts", `["s1"]`, "", "preset.shape-record"},
		"A a status without its id":  {&iopole.Definition, "statuts", `[{"invoiceId":"i1","newStatus":[{"id":"s1"}]}]`, "!record-no-key", ""},
		"A a page": {&jindexe.Definition, "fiches", `{"fiches":[{"id":1},{"id":"b"}],"page":1,"pages":1,"total":2}`, "1 b",
			""},
		"A keys of each kind": {&jindexe.Definition, "fiches",
			`{"fiches":[{"id":1.0},{"id":true},{"id":null},{"id":{}},{},{"id":1e999999},{"id":" "},{"id":"a\u0000"}],"page":1,"pages":1,"total":8}`,
			"1 !record-key-unusable !record-no-key !record-key-unusable !record-no-key !record-key-unusable !record-no-key !record-key-unusable",
			""},
		"A twice the same": {&jindexe.Definition, "fiches",
			`{"fiches":[{"id":1,"a":1.0},{"a":1,"id":1}],"page":1,"pages":1,"total":2}`, "1", ""},
		"A twice, and not the same": {&jindexe.Definition, "fiches",
			`{"fiches":[{"id":1,"a":1},{"id":2},{"id":1,"a":2}],"page":1,"pages":1,"total":3}`, "1!record-twice 2", ""},
		"- a list, unwrapped": {&jindexe.Definition, "fiches", `[{"id":1}]`, "", "preset.shape-list"},
	} {
		b := open(t, test.of, scripted(says(test.answer)), "")
		p, err := b.Page(context.Background(), jobs.Ask{Collection: test.collection})
		if test.fails != "" {
			call := callError(t, err)
			if call.What.Code != test.fails || call.Call == "" || call.Hint == "" || strings.Contains(err.Error(), "0f3a") ||
				strings.Contains(err.Error(), siret) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var keys []string
		for _, r := range p.Records {
			key := r.Key
			if r.Problem != "" {
				key += "!" + string(r.Problem)
			}
			keys = append(keys, key)
		}
		if got := strings.Join(keys, " "); got != test.keys || !p.Last && test.collection != "fiches" {
			t.Errorf("%s: %q, want %q; %+v", name, got, test.keys, p)
		}
	}
}

// TestRecords: what speaks against one leaves the others alone.
func TestRecords(t *testing.T) {
	t.Parallel()
	of := func(id, members string) string {
		return fmt.Sprintf(`{"identifiantFactureCPP":%s,"codeFournisseur":%q%s}`, id, siret, members)
	}
	for name, test := range map[string]struct {
		record  string
		problem jobs.ReasonCode
		foreign bool
	}{
		"sound":               {of("1", `,"a":"é 😀"`), "", false},
		"null character":      {of("1", `,"a":"x\u0000y"`), jobs.RecordNotText, false},
		"half a surrogate":    {of("1", `,"a":"\ud83d"`), jobs.RecordNotText, false},
		"a huge number":       {of("1", `,"a":1e200000`), jobs.RecordNotText, false},
		"bytes":               {of("1", ",\"a\":\"\xff\xfe\""), jobs.RecordNotText, false},
		"5 MiB":               {of("1", `,"a":"`+strings.Repeat("x", 5<<20)+`"`), jobs.RecordTooLarge, false},
		"deep":                {of("1", `,"a":`+strings.Repeat("[", 70)+strings.Repeat("]", 70)), jobs.RecordTooDeep, false},
		"deep enough":         {of("1", `,"a":`+strings.Repeat("[", 60)+strings.Repeat("]", 60)), "", false},
		"omitted, so sound":   {of("1", `,"nomValideur1":"x\u0000y"`), "", false},
		"of another":          {`{"identifiantFactureCPP":1,"codeFournisseur":"99999999900017"}`, "", true},
		"of the SIREN":        {`{"identifiantFactureCPP":1,"codeFournisseur":"123 456 782"}`, "", false},
		"a number":            {`{"identifiantFactureCPP":1,"codeFournisseur":12345678200010}`, "", false},
		"nobody's":            {`{"identifiantFactureCPP":1,"codeFournisseur":null}`, jobs.RecordOwnerUntold, false},
		"another, and nul":    {`{"identifiantFactureCPP":1,"codeFournisseur":"99999999900017","a":"\u0000"}`, "", true},
		"SIREN of a prefix":   {`{"identifiantFactureCPP":1,"codeFournisseur":"1234567820"}`, "", true},
		"two owners":          {of("1", `,"codeFournisseur":"99999999900017"`), jobs.RecordRepeats, false},
		"two of a name":       {of("1", `,"a":[{"b":1,"\u0062":1}]`), jobs.RecordRepeats, false},
		"two who are omitted": {of("1", `,"nomValideur1":1,"nomValideur1":2`), "", false},
		"SIRET of the SIREN":  {`{"identifiantFactureCPP":1,"codeFournisseur":"12345678299999"}`, "", true},
	} {
		b := open(t, &choruspro.Definition, scripted(says(chorus("["+of("8", "")+","+test.record+","+of("9", "")+"]",
			`{"pageCourante":1,"pages":1,"total":3}`))), "")
		p, err := b.Page(context.Background(), jobs.Ask{Collection: "factures"})
		if err != nil || len(p.Records) != 3 || p.Records[0].Key != "8" || p.Records[0].Problem != "" || p.Records[2].Key != "9" ||
			p.Records[2].Document == nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := p.Records[1]
		if r.Problem != test.problem || r.Foreign != test.foreign || (r.Document == nil) != (test.foreign || test.problem != "") ||
			test.foreign && (r.Key != "" || r.Fingerprint == [32]byte{}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestWhatIsKeptOfARecord: amounts as they are written, and nobody who is omitted, however their names are written.
func TestWhatIsKeptOfARecord(t *testing.T) {
	t.Parallel()
	read := func(members string) jobs.Record {
		record := fmt.Sprintf(`{"identifiantFactureCPP":1, "codeFournisseur":%q%s}`, siret, members)
		b := open(t, &choruspro.Definition, scripted(says(chorus("["+record+"]", one))),
			"[partner.collection.factures]\nomit = [\"/lignes/*/acheteur/nom\"]\n")
		p, err := b.Page(context.Background(), jobs.Ask{Collection: "factures"})
		if err != nil {
			t.Fatal(err)
		}
		return p.Records[0]
	}
	r := read(`,"montantTTC":1250.00, "nomValideur1" : "CANARI", "NomPrenomUtilisateurCreateur":"CANARI","nomvalideur2":{"a":["CANARI"]},` +
		`"lignes":[{"acheteur":{"nom":"CANARI","code":"x"}},{"n":2}],"dateDepot":"2026-11-03","dernier":null,"prenomValideur1":"CANARI"`)
	want := fmt.Sprintf(`{"identifiantFactureCPP":1,"codeFournisseur":%q,"montantTTC":1250.00,"lignes":[{"acheteur":{"code":"x"}},{"n":2}],`+
		`"dateDepot":"2026-11-03","dernier":null}`, siret)
	if string(r.Document) != want {
		t.Errorf("kept %s\nwant %s", r.Document, want)
	}
	paris, _ := time.LoadLocation("Europe/Paris")
	if !r.Dated.Equal(time.Date(2026, 11, 3, 0, 0, 0, 0, paris)) {
		t.Errorf("dated %v", r.Dated)
	}
	same := read(`,"montantTTC":1250.0,"lignes":[{"acheteur":{"code":"x","nom":"Autre"}},{"n":2.0}],"dateDepot":"2026-11-03","dernier":null`)
	other := read(`,"montantTTC":1250.01,"lignes":[{"acheteur":{"code":"x"}},{"n":2}],"dateDepot":"2026-11-03","dernier":null`)
	if same.Fingerprint != r.Fingerprint || other.Fingerprint == r.Fingerprint {
		t.Error("fingerprints")
	}
	for date, want := range map[string]time.Time{
		"2026-11-03T10:20:30.123+01:00": time.Date(2026, 11, 3, 9, 20, 30, 123e6, time.UTC),
		"2026-11-03T10:20:30+0100":      time.Date(2026, 11, 3, 9, 20, 30, 0, time.UTC),
		"03/11/2026":                    time.Date(2026, 11, 3, 0, 0, 0, 0, paris),
		"2026-11-03T10:20:30":           time.Date(2026, 11, 3, 10, 20, 30, 0, paris),
		"demain":                        {}, "2026-02-30": {},
	} {
		if got := read(fmt.Sprintf(`,"dateDepot":%q`, date)).Dated; !got.Equal(want) {
			t.Errorf("%s: %v", date, got)
		}
	}
}

// TestWithinAGroup: a status takes the id of its invoice along.
func TestWithinAGroup(t *testing.T) {
	t.Parallel()
	b := open(t, &iopole.Definition, scripted(says(`[{"invoiceId":"i1","newStatus":[{"statusId":"s1"},{"statusId":"s2","invoiceId":"own"},{ }]}]`)), "")
	p, err := b.Page(context.Background(), jobs.Ask{Collection: "statuts"})
	if err != nil || len(p.Records) != 3 || string(p.Records[0].Document) != `{"invoiceId":"i1","statusId":"s1"}` ||
		string(p.Records[1].Document) != `{"statusId":"s2","invoiceId":"own"}` || p.Records[2].Problem != jobs.RecordNoKey {
		t.Errorf("%v, %+v", err, p.Records)
	}
}

// TestAnswersThatSwell: few bytes that would become many are another shape.
func TestAnswersThatSwell(t *testing.T) {
	t.Parallel()
	group := `[{"invoiceId":"` + strings.Repeat("x", 1<<20) + `","newStatus":[` + strings.Repeat("{},", 50_000) + `{}]}]`
	for answer, of := range map[string]string{group: "statuts", `[` + strings.Repeat(`"",`, 200_000) + `""]`: "factures"} {
		b := open(t, &iopole.Definition, scripted(says(answer)), "")
		_, err := b.Page(context.Background(), jobs.Ask{Collection: of})
		if call := callError(t, err); call.What.Code != "preset.shape-many" {
			t.Errorf("%s: %v", of, err)
		}
	}
}

// TestPartsHaveEachRecordOnce: one that moved from a part of a page into the next is stored once, and the walk is not believed.
func TestPartsHaveEachRecordOnce(t *testing.T) {
	t.Parallel()
	b := open(t, &choruspro.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		if strings.Contains(string(asked), `"nbResultatsParPage":2`) {
			says(chorus(`["`+strings.Repeat("x", 17<<20)+`"]`, `{"pageCourante":1,"pages":1,"total":2}`))(w, r)
			return
		}
		page := 1
		if strings.Contains(string(asked), `"pageResultatDemandee":2`) {
			page = 2
		}
		says(chorus(fmt.Sprintf(`[{"identifiantFactureCPP":7,"codeFournisseur":%q}]`, siret),
			fmt.Sprintf(`{"pageCourante":%d,"pages":2,"total":2}`, page)))(w, r)
	}), "[partner.collection.factures.page]\nsize = 2\n")
	p, err := b.Page(context.Background(), jobs.Ask{Collection: "factures"})
	if err != nil || len(p.Records) != 1 || !p.Moved || !p.Last {
		t.Errorf("%v: %+v", err, p)
	}
}

// TestASweepIsDividedByDays: two halves of it have no day in common, and none between them; its end is the end of today.
func TestASweepIsDividedByDays(t *testing.T) {
	t.Parallel()
	day := func(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, time.UTC) }
	var asked []string
	b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("q"))
		says(`{"data":[],"meta":{"count":0}}`)(w, r)
	}), "")
	for _, ask := range [][2]time.Time{{day(1, 10), day(2, 0)}, {day(2, 0), day(3, 15)}} {
		if _, err := b.Page(context.Background(), jobs.Ask{Collection: "factures", Sweep: true, From: ask[0], To: ask[1]}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`createdDate:>="2026-11-01" AND createdDate:<"2026-11-02"`, `createdDate:>="2026-11-02" AND createdDate:<"2026-11-04"`}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// TestDetails: an object (D), a list of one (P), and nothing else.
func TestDetails(t *testing.T) {
	t.Parallel()
	mine := fmt.Sprintf(`{"invoiceId":"k1","way":"RECEIVED","businessData":{"buyer":{"siret":%q}}}`, siret)
	for name, test := range map[string]struct {
		status  int
		answer  string
		gone    bool
		foreign bool
		problem jobs.ReasonCode
		fails   string
	}{
		"D an object":     {answer: mine},
		"P a list of one": {answer: "[" + mine + "]"},
		"A emitted":       {answer: `{"invoiceId":"k1","way":"EMITTED"}`},
		"A another's": {answer: `[{"invoiceId":"k1","way":"RECEIVED","businessData":{"buyer":{"siret":"99999999900017"}}}]`,
			foreign: true},
		"A nobody's":           {answer: `[{"invoiceId":"k1","way":"RECEIVED","businessData":{}}]`, problem: jobs.RecordOwnerUntold},
		"- another invoice":    {answer: `{"invoiceId":"k2"}`, fails: "preset.other-record"},
		"- none":               {answer: `[]`, fails: "preset.shape-detail"},
		"- two":                {answer: "[" + mine + "," + mine + "]", fails: "preset.shape-detail"},
		"- null":               {answer: `null`, fails: "preset.shape-detail"},
		"- a text":             {answer: `"k1"`, fails: "preset.shape-detail"},
		"A not there":          {status: 404, answer: `{"statusMessage":"Not Found"}`, gone: true},
		"A gone":               {status: 410, gone: true},
		"- no such address":    {status: 404, answer: `<html>IIS`, fails: "call.markup"},
		"- a refusal":          {status: 403, fails: "403"},
		"- something is wrong": {status: 400, answer: `{"statusMessage":"Bad"}`, fails: "400"},
	} {
		calls := 0
		b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
			if calls++; r.RequestURI != "/v1/invoice/k1" {
				t.Errorf("asked %s", r.RequestURI)
			}
			w.WriteHeader(max(test.status, 200))
			says(test.answer)(w, r)
		}), "technical_tries = 2\n")
		r, err := b.Detail(context.Background(), "factures", "k1")
		switch {
		case test.fails != "":
			if !strings.Contains(callError(t, err).What.Code+" "+err.Error(), test.fails) || strings.Contains(err.Error(), "k1") ||
				strings.Contains(err.Error(), siret) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || (r == nil) != test.gone:
			t.Errorf("%s: %v, %v", name, r, err)
		case r != nil && (r.Foreign != test.foreign || r.Problem != test.problem || test.problem == "" && !test.foreign && r.Document == nil):
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestARefusalInsideOfA200 is not tried again, and its words name nobody.
func TestARefusalInsideOfA200(t *testing.T) {
	t.Parallel()
	calls := 0
	b := open(t, &choruspro.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		calls++
		says(`{"codeRetour":20001,"libelle":"Erreur pour `+values["chorus-pro"]["password"]+`, compte FR7630006000011234567890189, de Camille Dupont : accès interdit (GCU_MSG_01_000)"}`)(w, r)
	}), "")
	_, err := b.Page(context.Background(), jobs.Ask{Collection: "factures"})
	call := callError(t, err)
	if call.Class != jobs.ClassTechnical || calls != 1 || !strings.Contains(err.Error(), "20001") ||
		call.Message != "Erreur pour ••• compte ••• de ••• : accès interdit (GCU_MSG_01_000)" || strings.Contains(err.Error(), "Erreur pour") {
		t.Errorf("%+v after %d calls", call, calls)
	}
}

// TestIdentities and webhooks.
func TestIdentities(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{"0f3a-77": "0f3a-77", "\n0f3a-77\n": "0f3a-77", `"0f3a-77"`: "0f3a-77", "": "!",
		"<html>": "!", "a\x00b": "!", strings.Repeat("x", 300): "!"} {
		b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			says(answer)(w, r)
		}), "")
		if got, err := b.Identity(context.Background()); (err != nil) != (want == "!") || err == nil && got != want {
			t.Errorf("%q: %q, %v", answer, got, err)
		}
	}
	for answer, want := range map[string]string{"200[]": "0 true", `200[{"active":true},{"active":false},{}]`: "2 true", "403": "0 false",
		"404": "0 false", "200{}": "!", "200null": "!"} {
		b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[string]int{"200": 200, "403": 403, "404": 404}[answer[:3]])
			says(answer[3:])(w, r)
		}), "technical_tries = 2\n")
		active, known, err := b.Webhooks(context.Background())
		if got := fmt.Sprint(active, known); (err != nil) != (want == "!") || err == nil && got != want {
			t.Errorf("%q: %q, %v", answer, got, err)
		}
	}
	if identity, err := open(t, &choruspro.Definition, scripted(says("")), "").Identity(context.Background()); identity != "" || err != nil {
		t.Errorf("%q, %v", identity, err)
	}
}

// TestFiles are listed, streamed, and checked by size and sum.
func TestFiles(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("%PDF\x00\xff"), 40_000)
	sum := sha256.Sum256(content)
	calls := 0
	b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		switch calls++; r.RequestURI {
		case "/v1/invoice/k1/files":
			fmt.Fprintf(w, `[{"fileId":"f1","mimeType":"application/pdf","sizeBytes":%d,"checksum":%q},{"fileId":"f2"}]`, len(content),
				strings.ToUpper(hex.EncodeToString(sum[:])))
		case "/v1/invoice/k2/files":
			says(`[{"fileId":"../f1"}]`)(w, r)
		case "/v1/invoice/file/f1/download":
			if calls == 2 { // it breaks off
				w.Header().Set("Content-Length", fmt.Sprint(len(content)))
				_, _ = w.Write(content[:50_000])
				return
			}
			_, _ = w.Write(content)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}), "")
	ctx := context.Background()
	files, err := b.Files(ctx, "factures", "k1")
	if err != nil || len(files) != 2 || files[0] != (jobs.File{ID: "f1", Type: "application/pdf", Size: int64(len(content)),
		SHA256: hex.EncodeToString(sum[:])}) ||
		files[1] != (jobs.File{ID: "f2", Size: -1}) {
		t.Fatalf("%+v, %v", files, err)
	}
	if _, err := b.Files(ctx, "factures", "k2"); callError(t, err).What.Code != "preset.shape-file" || strings.Contains(err.Error(), "f1") {
		t.Errorf("an id that leads elsewhere: %v", err)
	}
	into := &kept{}
	calls = 1
	if err := b.Download(ctx, "factures", "k1", files[0], 20<<20, into); err != nil || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if !bytes.Equal(into.Bytes(), content) {
		t.Errorf("%d bytes, want %d", into.Len(), len(content))
	}
	calls = 10
	for name, test := range map[string]struct {
		file jobs.File
		most int64
		want jobs.ReasonCode
	}{
		"announced too large":   {files[0], 1000, jobs.FileTooLarge},
		"too large, unsaid":     {jobs.File{ID: "f1", Size: -1}, 1000, jobs.FileTooLarge},
		"longer than announced": {jobs.File{ID: "f1", Size: 1000}, 20 << 20, jobs.FileSize},
		"another sum":           {jobs.File{ID: "f1", Size: -1, SHA256: strings.Repeat("0", 64)}, 20 << 20, jobs.FileChecksum},
		"a sum of another kind": {jobs.File{ID: "f1", Size: -1, SHA256: "md5:abc"}, 20 << 20, jobs.FileChecksum},
	} {
		var b2 kept
		err := b.Download(ctx, "factures", "k1", test.file, test.most, &b2)
		refused, ok := errors.AsType[*jobs.FileError](err)
		if !ok || refused.Reason != test.want || int64(b2.Len()) > test.most {
			t.Errorf("%s: %v, %d bytes", name, err, b2.Len())
		}
	}
}

// TestAcknowledging asks its caller first, each time, and tells a lost answer from a refusal.
func TestAcknowledging(t *testing.T) {
	t.Parallel()
	var asked []string
	answers := []int{503, 204}
	b := open(t, &iopole.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI)
		w.WriteHeader(answers[min(len(asked), len(answers))-1])
	}), "")
	before := 0
	if err := b.Acknowledge(context.Background(), "factures", "k1", func() error { before++; return nil }); err != nil ||
		len(asked) != 2 || before < 2 || asked[1] != "PUT /v1/invoice/k1/markAsSeen" {
		t.Errorf("%v, asked %d times, %q", err, before, asked)
	}
	stop := errors.New("lost")
	if err := b.Acknowledge(context.Background(), "statuts", "s1", func() error { return stop }); err == nil || len(asked) != 2 {
		t.Errorf("%v, %q", err, asked)
	}
	readOnly := open(t, &iopole.Definition, scripted(func(http.ResponseWriter, *http.Request) { t.Error("asked") }), "acknowledge = false\n")
	err := readOnly.Acknowledge(context.Background(), "factures", "k1", func() error { return nil })
	if callError(t, err).What.Code != "preset.read-only" || readOnly.partner.Pull.Acknowledge {
		t.Errorf("%v: somebody else acknowledges", err)
	}
	answers = []int{404}
	err = b.Acknowledge(context.Background(), "statuts", "s1", func() error { return nil })
	if call := callError(t, err); call.Class != jobs.ClassData || call.Status != 404 || strings.Contains(call.Hint, "staging") ||
		!slices.Contains(asked, "PUT /v1/invoice/status/s1/markAsSeen") {
		t.Errorf("%+v", call)
	}
}

// TestAPageThatIsTooLarge is asked for in parts, which are one page; where it has none left, the next step is told.
func TestAPageThatIsTooLarge(t *testing.T) {
	t.Parallel()
	const all = 60
	text := strings.Repeat(" ", 340<<10) // 50 of them are too large, 25 are not
	var asked []string
	moves, huge := false, ""
	b := open(t, &jindexe.Definition, scripted(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("page"))
		size, _ := strconv.Atoi(r.FormValue("size"))
		asked = append(asked, fmt.Sprintf("%d of %d", page, size))
		total := all
		if moves && page == 2 {
			total--
		}
		var list []string
		for i := (page - 1) * size; i < min(page*size, all); i++ {
			list = append(list, `{"id":`+strconv.Itoa(i)+`,"text":"`+text+`"}`)
		}
		_, _ = io.WriteString(w, huge)
		fmt.Fprintf(w, `{"fiches":[%s],"page":%d,"pages":%d,"total":%d}`, strings.Join(list, ","), page, (all+size-1)/size, total)
	}), "")
	keys := map[string]bool{}
	for page := 0; ; page++ {
		p, err := b.Page(t.Context(), jobs.Ask{Collection: "fiches", Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			keys[r.Key] = true
		}
		if p.Total != all || p.Moved {
			t.Errorf("%d of %d, moved: %t", len(p.Records), p.Total, p.Moved)
		}
		if p.Last {
			break
		}
	}
	if got := strings.Join(asked, ", "); len(keys) != all || got != "1 of 50, 1 of 25, 2 of 25, 2 of 50" {
		t.Errorf("%d records, asked for %s", len(keys), got)
	}
	moves = true
	if p, err := b.Page(t.Context(), jobs.Ask{Collection: "fiches"}); err != nil || !p.Moved {
		t.Errorf("the list changed between two parts: %v", err)
	}
	huge, asked = strings.Repeat(" ", 17<<20), nil
	_, err := b.Page(t.Context(), jobs.Ask{Collection: "fiches"})
	call := callError(t, err)
	if got := strings.Join(asked, ", "); call.What.Code != "call.too-large" || call.Next.Code != "preset.large-page" ||
		got != "1 of 50, 1 of 25, 1 of 5, 1 of 1" || strings.Contains(call.Hint, "base_url") {
		t.Errorf("%v, asked for %s", err, got)
	}
}
