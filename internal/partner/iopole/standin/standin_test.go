package standin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/partner/iopole/standin"
	"syncd/internal/sandbox"
	"syncd/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	client, secret   = "iopole-client", "iopole-secret"
	customer, siret  = "cust-1", "12345678200010"
	invoices, search = "/v1/invoice/notSeen", "/v1.1/invoice/search?"
	statuses         = "/v1/invoice/status/notSeen"
)

type bench struct {
	*sandboxtest.Client
	sandbox *standin.Sandbox
}

func start(t *testing.T, change func(*standin.Config), faults ...string) *bench {
	t.Helper()
	parsed, err := standin.API.ParseFaults(faults...)
	if err != nil {
		t.Fatal(err)
	}
	config := standin.Config{ClientID: client, ClientSecret: secret, Faults: parsed, Dossiers: []sandbox.Dossier{
		{Name: "saint-martin", Siret: siret, Customer: customer}, {Name: "sainte-anne", Siret: "99999999800019", Customer: "cust-2"}}}
	if change != nil {
		change(&config)
	}
	s, err := standin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sandboxtest.Start(t, s, secret), s}
	b.Authorize(standin.TokenPath, client, "")
	b.Header["customer-id"] = customer
	return b
}

// get is Want for a GET that is answered 200.
func (b *bench) get(path string, into any) sandboxtest.Reply {
	b.Helper()
	return b.Want(http.StatusOK, http.MethodGet, path, "", into)
}

func (b *bench) unseen() (keys []string) {
	b.Helper()
	b.get(invoices, &keys)
	return keys
}

func (b *bench) mark(key string) int {
	b.Helper()
	return b.Call(http.MethodPut, "/v1/invoice/"+key+"/markAsSeen", "", nil).Status
}

type invoice struct {
	ID   string `json:"invoiceId"`
	Way  string `json:"way"`
	Data struct {
		Buyer    struct{ Siret string }
		Monetary struct{ InvoiceAmount json.Number }
	} `json:"businessData"`
}

func (b *bench) detail(key string) invoice {
	b.Helper()
	var found []invoice // an array of one
	b.get("/v1/invoice/"+key, &found)
	if len(found) != 1 {
		b.Fatalf("%d details", len(found))
	}
	return found[0]
}

type file struct {
	FileID, MimeType, Checksum string
	SizeBytes                  int
}

func (b *bench) files(key string) (files []file) {
	b.Helper()
	b.get("/v1/invoice/"+key+"/files", &files)
	return files
}

// TestWhatIsNew: new invoices are bare texts, with details and files; what is marked leaves the list.
func TestWhatIsNew(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	keys := b.unseen()
	if len(keys) != standin.DefaultInvoices || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(keys[0]) {
		t.Fatalf("%d new, the first %s", len(keys), keys[0])
	}
	ways := map[string]int{}
	for _, key := range keys {
		one := b.detail(key)
		ways[one.Way]++
		if one.ID != key || one.Way == "RECEIVED" && one.Data.Buyer.Siret != siret ||
			!strings.Contains(string(one.Data.Monetary.InvoiceAmount), ".") {
			t.Errorf("%+v", one)
		}
		for _, f := range b.files(key) {
			content := b.get("/v1/invoice/file/"+f.FileID+"/download", nil)
			sum := sha256.Sum256([]byte(content.Body))
			if len(content.Body) != f.SizeBytes || hex.EncodeToString(sum[:]) != f.Checksum || content.Header.Get("Content-Type") != f.MimeType {
				t.Errorf("%d bytes of %+v", len(content.Body), f)
			}
		}
	}
	if ways["RECEIVED"] != 35 || ways["EMITTED"] != 5 {
		t.Errorf("%v", ways)
	}
	for _, key := range keys[:3] {
		if status := b.mark(key); status != http.StatusNoContent {
			t.Errorf("mark: %d", status)
		}
	}
	if left := b.unseen(); len(left) != len(keys)-3 || left[0] != keys[3] {
		t.Errorf("%d are left", len(left))
	}
	if b.mark(keys[0]) != http.StatusNoContent || b.sandbox.Records("saint-martin", standin.Invoices).All()[0].Marks != 2 {
		t.Error("a second mark is not counted")
	}
	if b.mark("nobody") != http.StatusNotFound {
		t.Error("a mark of nothing")
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var groups []struct {
		InvoiceID string
		NewStatus []struct {
			StatusID string
			Status   struct{ Code, NetworkCode string }
		}
	}
	b.get(statuses, &groups)
	if len(groups) != standin.DefaultInvoices || len(groups[0].NewStatus) != 1 || len(groups[1].NewStatus) != 2 ||
		groups[1].NewStatus[1].Status.Code != "IN_HAND" {
		t.Fatalf("%d groups, %+v", len(groups), groups[1])
	}
	b.Want(http.StatusNoContent, http.MethodPut, "/v1/invoice/status/"+groups[1].NewStatus[0].StatusID+"/markAsSeen", "", nil)
	before := groups[1].NewStatus[1].StatusID
	b.get(statuses, &groups)
	if len(groups[1].NewStatus) != 1 || groups[1].NewStatus[0].StatusID != before {
		t.Errorf("%+v", groups[1])
	}
}

// TestSearch: at most 1,200 can be reached, however many there are; a period makes them fewer.
func TestSearch(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *standin.Config) { c.Invoices = 1300 })
	ask := func(q string, offset, limit, status int) (found struct {
		Data []struct{ Metadata struct{ InvoiceID string } }
		Meta struct{ Offset, Limit, Count int }
	}) {
		t.Helper()
		query := url.Values{"q": {q}, "offset": {fmt.Sprint(offset)}, "limit": {fmt.Sprint(limit)}, "expand": {"x"}}
		if status != http.StatusOK {
			b.Want(status, http.MethodGet, search+query.Encode(), "", nil)
			return found
		}
		b.get(search+query.Encode(), &found)
		return found
	}
	since := `createdDate:>="` + time.Now().AddDate(-1, 0, 0).Format(time.DateOnly) + `"`
	seen := map[string]bool{}
	for offset := 0; offset <= 1000; offset += 200 {
		page := ask(since, offset, 200, http.StatusOK)
		if page.Meta.Count != 1300 || page.Meta.Offset != offset {
			t.Errorf("%+v", page.Meta)
		}
		for _, one := range page.Data {
			seen[one.Metadata.InvoiceID] = true
		}
	}
	if len(seen) != 1200 {
		t.Errorf("%d can be reached", len(seen))
	}
	ask(since, 1001, 200, http.StatusBadRequest)
	ask(since, 0, 201, http.StatusBadRequest)
	ask("amount:>3", 0, 10, http.StatusBadRequest)
	b.mark(b.unseen()[0]) // what was seen is found all the same
	month := time.Now().AddDate(0, 0, -20).Format(time.DateOnly)
	older, newer := ask(since+` AND createdDate:<"`+month+`"`, 0, 1, http.StatusOK), ask(`createdDate:>="`+month+`"`, 0, 1, http.StatusOK)
	if older.Meta.Count+newer.Meta.Count != 1300 || older.Meta.Count == 0 || newer.Meta.Count == 0 {
		t.Errorf("%d + %d", older.Meta.Count, newer.Meta.Count)
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	if got := b.get("/v1/config/customer/id", nil); got.Body != customer || got.Header.Get("Content-Type") != "text/html" {
		t.Errorf("%q, %v", got.Body, got.Header)
	}
	for header, status := range map[[2]string]int{
		{"customer-id", ""}: 400, {"customer-id", "cust-9"}: 403, {"Authorization", "Bearer x"}: 401,
	} {
		if got := b.Call(http.MethodGet, invoices, "", map[string]string{header[0]: header[1]}); got.Status != status ||
			!strings.Contains(got.Body, `"statusMessage"`) {
			t.Errorf("%v: %d %s", header, got.Status, got.Body)
		}
	}
	mine := b.unseen()[0]
	other := map[string]string{"customer-id": "cust-2"}
	if got := b.Call(http.MethodGet, "/v1/invoice/"+mine, "", other); got.Status != http.StatusNotFound {
		t.Errorf("another dossier's detail: %d", got.Status)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		if got := b.Call(method, "/v1/invoice/"+mine, "", nil); got.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, got.Status)
		}
	}
}

// TestMarksThatAreRefused: whoever marks what it has not stored is told so, and counted.
func TestMarksThatAreRefused(t *testing.T) {
	t.Parallel()
	var asked []string
	b := start(t, func(c *standin.Config) {
		c.BeforeMark = func(dossier, collection, key string) error {
			asked = append(asked, dossier+" "+collection)
			if len(asked) == 2 {
				return errors.New("it is not there")
			}
			return nil
		}
	})
	keys := b.unseen()
	if first, second := b.mark(keys[0]), b.mark(keys[1]); first != http.StatusNoContent || second != http.StatusConflict {
		t.Errorf("%d, %d", first, second)
	}
	if got := b.sandbox.Refused(); len(got) != 1 || got[0] != "factures "+keys[1] || asked[1] != "saint-martin factures" {
		t.Errorf("%v, %v", got, asked)
	}
	if left := b.unseen(); len(left) != len(keys)-1 || left[0] != keys[1] {
		t.Errorf("%d left", len(left))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[string]func(*testing.T, *bench){
		"webhook": func(t *testing.T, b *bench) {
			if got := b.get("/v1/config/webhook", nil); !strings.Contains(got.Body, `"active":true`) || len(b.unseen()) != 0 {
				t.Errorf("%s", got.Body)
			}
		},
		"403-webhook": func(t *testing.T, b *bench) {
			b.Want(http.StatusForbidden, http.MethodGet, "/v1/config/webhook", "", nil)
			if len(b.unseen()) == 0 {
				t.Error("nothing is new")
			}
		},
		"ack-lost": func(t *testing.T, b *bench) {
			key := b.unseen()[0]
			if _, err := b.Try(http.MethodPut, "/v1/invoice/"+key+"/markAsSeen", "", nil); err == nil {
				t.Error("the answer arrived")
			}
			if left := b.unseen(); left[0] == key {
				t.Error("the mark was lost, too")
			}
		},
		"foreign": func(t *testing.T, b *bench) {
			keys := b.unseen()
			if got := b.detail(keys[0]); got.Data.Buyer.Siret != standin.ForeignSiret || b.detail(keys[1]).Data.Buyer.Siret != siret {
				t.Errorf("%+v", got)
			}
		},
		"nul": func(t *testing.T, b *bench) {
			for i, want := range []string{`\u0000`, `\ud800`, "1e200000", "FACTUR-X"} {
				if got := b.get("/v1/invoice/"+b.unseen()[i], nil); !strings.Contains(got.Body, want) {
					t.Errorf("%d: %.300s", i, got.Body)
				}
			}
		},
		"huge": func(t *testing.T, b *bench) {
			f := b.files(b.unseen()[0])[0]
			if got := b.get("/v1/invoice/file/"+f.FileID+"/download", nil); f.SizeBytes != standin.HugeFile || len(got.Body) != standin.HugeFile {
				t.Errorf("%+v, %d", f, len(got.Body))
			}
		},
		"checksum": func(t *testing.T, b *bench) {
			f := b.files(b.unseen()[0])[0]
			sum := sha256.Sum256([]byte(b.get("/v1/invoice/file/"+f.FileID+"/download", nil).Body))
			if f.Checksum == hex.EncodeToString(sum[:]) {
				t.Error("the checksum is right")
			}
		},
		"object": func(t *testing.T, b *bench) {
			var one invoice
			if b.get("/v1/invoice/"+b.unseen()[0], &one); one.Way != "RECEIVED" {
				t.Errorf("%+v", one)
			}
		},
		"null": func(t *testing.T, b *bench) {
			if got := b.get(invoices, nil).Body + b.get(statuses, nil).Body; got != "nullnull" {
				t.Error(got)
			}
		},
		"shape": func(t *testing.T, b *bench) {
			if got := b.get(invoices, nil).Body; !strings.HasPrefix(got, `{"entries":["`) {
				t.Errorf("%.100s", got)
			}
		},
		"echo": func(t *testing.T, b *bench) {
			if got := b.get(search+"offset=20&q="+url.QueryEscape(`createdDate:>"2020-01-01"`), nil).Body; !strings.Contains(got, `"offset":0`) {
				t.Errorf("%.100s", got)
			}
		},
		"reject": func(t *testing.T, b *bench) {
			keys := b.unseen()
			if err := b.sandbox.SetFaults(sandbox.Faults{Reject: keys[:1]}); err != nil {
				t.Fatal(err)
			}
			if b.mark(keys[0]) != http.StatusInternalServerError || b.mark(keys[1]) != http.StatusNoContent {
				t.Error("one failing mark stops others, or does not fail")
			}
		},
		"404=1": func(t *testing.T, b *bench) { b.Want(http.StatusNotFound, http.MethodGet, invoices, "", nil) },
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if fault == "reject" {
				fault = "latency=1ms"
			}
			b := start(t, nil, fault)
			b.T = t
			check(t, b)
		})
	}
}
