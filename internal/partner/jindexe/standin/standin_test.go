package standin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/partner/jindexe/standin"
	"syncd/internal/sandbox"
	"syncd/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey          = "jindexe-key"
	login, password = "secretariat@example.org", "mot de passé"
	siret           = "12345678200010"
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
	config := standin.Config{APIKey: apiKey, Faults: parsed, Dossiers: []sandbox.Dossier{
		{Name: "saint-martin", Siret: siret, Login: login, Password: password},
		{Name: "sainte-anne", Siret: "99999999800019", Login: "anne@example.org", Password: "x"}}}
	if change != nil {
		change(&config)
	}
	s, err := standin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sandboxtest.Start(t, s, apiKey), s}
	b.Header["X-API-KEY"], b.Header["Content-Type"] = apiKey, "application/json"
	return b
}

type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Life    int    `json:"expires_in"`
	Type    string `json:"token_type"`
	Error   string `json:"error"`
}

func (b *bench) grant(members map[string]string) (status int, p pair) {
	b.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		b.Fatal(err)
	}
	reply := b.Call(http.MethodPost, standin.TokenPath, string(body), nil)
	if err := json.Unmarshal([]byte(reply.Body), &p); err != nil {
		b.Fatalf("%d %s", reply.Status, reply.Body)
	}
	return reply.Status, p
}

func (b *bench) byPassword(login, password string) (int, pair) {
	b.Helper()
	return b.grant(map[string]string{"grant_type": "password", "username": login, "password": password})
}

func (b *bench) byRefresh(token string) (int, pair) {
	b.Helper()
	return b.grant(map[string]string{"grant_type": "refresh_token", "refresh_token": token})
}

// authorized shows a user's token from now on.
func (b *bench) authorized() *bench {
	b.Helper()
	status, p := b.byPassword(login, password)
	if status != http.StatusOK {
		b.Fatalf("%d %+v", status, p)
	}
	b.Header["Authorization"] = "Bearer " + p.Access
	return b
}

// TestGrants: a refresh token can be used once; a wrong password and a spent token look alike.
func TestGrants(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	status, first := b.byPassword(login, password)
	if status != http.StatusOK || first.Life != 86400 || first.Type != "Bearer" || first.Refresh == "" {
		t.Fatalf("%d %+v", status, first)
	}
	status, second := b.byRefresh(first.Refresh)
	if status != http.StatusOK || second.Refresh == first.Refresh || second.Access == first.Access {
		t.Fatalf("%d %+v", status, second)
	}
	for name, again := range map[string]func() (int, pair){
		"a spent token":    func() (int, pair) { return b.byRefresh(first.Refresh) },
		"a wrong password": func() (int, pair) { return b.byPassword(login, "wrong") },
		"an unknown token": func() (int, pair) { return b.byRefresh("x") },
	} {
		if status, p := again(); status != http.StatusBadRequest || p.Error != "invalid_grant" {
			t.Errorf("%s: %d %+v", name, status, p)
		}
	}
	if status, _ := b.byRefresh(second.Refresh); status != http.StatusOK {
		t.Error("the newest token is dead, too")
	}
	if got, want := b.sandbox.Grants(login), (standin.Grants{Password: 2, Wrong: 1, Refresh: 3, Spent: 1, MostAtOnce: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := b.Control(http.MethodGet, "/sandbox/grants", ""); !strings.Contains(got.Body, `"wrong":1`) {
		t.Error(got.Body)
	}
	status, other := b.grant(map[string]string{"grant_type": "client_credentials"})
	if status != http.StatusBadRequest || other.Error != "unsupported_grant_type" {
		t.Errorf("%d %+v", status, other)
	}
	form := b.Call(http.MethodPost, standin.TokenPath, "grant_type=password",
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if form.Status != http.StatusBadRequest || !strings.Contains(form.Body, "invalid_request") {
		t.Errorf("a form: %d %s", form.Status, form.Body)
	}
}

// TestGrantsAtOnce: two under way for one user are seen.
func TestGrantsAtOnce(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *standin.Config) { c.GrantTakes = 300 * time.Millisecond })
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { b.byPassword(login, password) })
	}
	both.Wait()
	if got := b.sandbox.Grants(login); got.MostAtOnce != 2 || b.sandbox.Grants("anne@example.org").MostAtOnce != 0 {
		t.Errorf("%+v", got)
	}
}

// TestParts: each part of the API wants what the documentation says, and no more.
func TestParts(t *testing.T) {
	t.Parallel()
	b := start(t, nil).authorized()
	token := b.Header["Authorization"]
	for path, want := range map[string][3]int{ // with nothing, with the key, with both
		standin.StatusPath: {200, 200, 200}, standin.TopicsPath: {403, 200, 200},
		standin.UserPath: {403, 401, 200}, standin.SheetsPath: {403, 401, 200},
	} {
		for i, header := range []map[string]string{{"X-API-KEY": "", "Authorization": ""}, {"Authorization": ""}, {"Authorization": token}} {
			if got := b.Call(http.MethodGet, path, "", header); got.Status != want[i] {
				t.Errorf("%s, %d: %d, want %d", path, i, got.Status, want[i])
			}
		}
		if got := b.Call(http.MethodPost, path, "{}", nil); got.Status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, got.Status)
		}
	}
	var sheets []map[string]any
	b.Want(http.StatusOK, http.MethodGet, standin.SheetsPath, "", &sheets)
	if len(sheets) != standin.DefaultSheets || sheets[0]["siret"] != siret || sheets[0]["tarif"] != json.Number("0.50") {
		t.Errorf("%d sheets, %v", len(sheets), sheets[0])
	}
}

type page struct {
	Sheets             []map[string]any `json:"fiches"`
	Page, Pages, Total int
}

func (b *bench) page(n string) (p page) {
	b.Helper()
	b.Want(http.StatusOK, http.MethodGet, standin.SheetsPath+"?size=50&page="+n, "", &p)
	return p
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := start(t, nil).authorized()
	if p := b.page("3"); p.Page != 3 || p.Pages != 3 || p.Total != 120 || len(p.Sheets) != 20 {
		t.Errorf("%d of %d, %d of %d", p.Page, p.Pages, len(p.Sheets), p.Total)
	}
	if p := b.page("4"); len(p.Sheets) != 0 || p.Sheets == nil {
		t.Errorf("behind the last page: %v", p.Sheets)
	}
	b.Want(http.StatusBadRequest, http.MethodGet, standin.SheetsPath+"?size=1000&page=1", "", nil)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[string]func(*testing.T, *bench){
		"spent": func(t *testing.T, b *bench) {
			_, p := b.byPassword(login, password)
			if status, refused := b.byRefresh(p.Refresh); status != http.StatusBadRequest || refused.Error != "invalid_grant" {
				t.Errorf("%d %+v", status, refused)
			}
		},
		"foreign": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodGet, standin.SheetsPath, "", nil).Body; strings.Count(got, standin.OtherSiret) != 1 {
				t.Error("nobody else's is there")
			}
		},
		"nul": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodGet, standin.SheetsPath, "", nil).Body; !strings.Contains(got, `\u0000`) || !strings.Contains(got, "1e200000") {
				t.Errorf("%.300s", got)
			}
		},
		"huge": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodGet, standin.SheetsPath, "", nil).Body; len(got) < sandbox.HugeText {
				t.Errorf("%d bytes", len(got))
			}
		},
		"delete-between": func(t *testing.T, b *bench) {
			if first, second := b.page("1"), b.page("2"); first.Total != 120 || second.Total != 119 {
				t.Errorf("%d, then %d", first.Total, second.Total)
			}
		},
		"update-between": func(t *testing.T, b *bench) {
			if before, after := b.page("1").Sheets[0], b.page("1").Sheets[0]; before["description"] != nil || after["description"] == nil {
				t.Errorf("%v, then %v", before["description"], after["description"])
			}
		},
		"echo": func(t *testing.T, b *bench) {
			if p := b.page("2"); p.Page != 1 {
				t.Errorf("page %d", p.Page)
			}
		},
		"null": func(t *testing.T, b *bench) {
			if got := b.Want(200, http.MethodGet, standin.SheetsPath, "", nil).Body; got != "null" {
				t.Error(got)
			}
		},
		"revoke-every=1": func(t *testing.T, b *bench) {
			b.Want(http.StatusUnauthorized, http.MethodGet, standin.SheetsPath, "", nil)
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b := start(t, nil, fault).authorized()
			b.T = t
			check(t, b)
		})
	}
}
