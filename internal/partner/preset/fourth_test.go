package preset_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/partner/preset"
)

// afnor is an invented partner whose API is of the kind that AFNOR XP Z12-013 describes: nothing of it is written in Go but this.
var afnor = preset.Definition{Name: "afnor", Calls: []string{"POST /v1/flows/search", "GET /v1/flows/{…}"}, Preset: []byte(`
max_in_flight = 2
limits = "ledger"
rate_per_minute = 60
headers = { X-Organisation = "{organisation}" }
[fixed.token]
grant = "client-credentials"
[fixed.hosts.test]
base_url = "https://test.flows.example"
token_url = "https://test.flows.example/token"
[fixed.partner]
client_id = "text"
client_secret = "secret"
[fixed.dossier]
organisation = "text"
[collection.flux]
list = "POST /v1/flows/search"
body = '{"where":{"flowDirection":["In"]}}'
windows = [{ name = "depuis", from = "/where/updatedAfter", since = true, first = "30d", format = "moment" }]
zone = "UTC"
records = "/results"
key = "/flowId"
page = { offset = "/offset", limit = "/limit", size = 25, total = "/total" }
`)}

// TestAFourthPartner is a preset and a definition.
func TestAFourthPartner(t *testing.T) {
	t.Parallel()
	const total = 60
	var bodies []string
	b := open(t, &afnor, scripted(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(text))
		var asked struct {
			Offset, Limit int
			Where         map[string]any
		}
		if r.Method != http.MethodPost || r.URL.Path != "/v1/flows/search" || r.Header.Get("X-Organisation") != "12345" ||
			json.Unmarshal(text, &asked) != nil || asked.Where["flowDirection"] == nil {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		var results []string
		for i := asked.Offset; i < min(asked.Offset+asked.Limit, total); i++ {
			results = append(results, fmt.Sprintf(`{"flowId":"f-%d","ack":{"status":"Ok"}}`, i))
		}
		fmt.Fprintf(w, `{"total":%d,"results":[%s]}`, total, strings.Join(results, ","))
	}), "")
	keys := map[string]bool{}
	for page := 0; ; page++ {
		p, err := b.Page(context.Background(), jobs.Ask{Collection: "flux", Page: page, From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			keys[r.Key] = true
		}
		if p.Last {
			break
		}
	}
	if len(keys) != total || len(bodies) != 3 || !strings.Contains(bodies[1], `"offset":25`) ||
		!strings.Contains(bodies[1], `"updatedAfter":"2026-11-01T00:00:00Z"`) {
		t.Errorf("%d records of %d, asked %q", len(keys), total, bodies)
	}
}
