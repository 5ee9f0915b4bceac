package process

import (
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

// TestBehindAGateway that wants a subscription key with every call: a secret, which is rotated under a running service by a
// reload, and shows nowhere.
func TestBehindAGateway(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.serve(sandbox.Faults{})
	var wanted atomic.Value
	wanted.Store("gateway-key-one")
	api := w.front.inner
	w.front.inner = http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.URL.Path != standin.TokenPath && (r.Header.Get("Ocp-Apim-Subscription-Key") != wanted.Load() ||
			r.URL.Query().Get("api-version") != "2") {
			http.Error(answer, "no subscription: "+r.Header.Get("Ocp-Apim-Subscription-Key"), http.StatusForbidden)
			return
		}
		api.ServeHTTP(answer, r)
	})
	key := filepath.Join(w.dir, "gateway.secret")
	w.must(os.WriteFile(key, []byte("gateway-key-one\n"), 0o600))
	w.configure(w.server.URL, `headers = { ocp-apim-subscription-key = { file = "gateway.secret" } }`, `query = { api-version = "2" }`)
	w.fill(dossier, 10)
	said := w.startWith([]string{"SYNCD_LOG_LEVEL=trace"}, "run", "dictionnaire").wait()
	w.want(0, said)
	w.wantUnsaid(said, "gateway-key")
	w.want(0, w.push().wait())
	w.wantDelivered()

	d := w.daemon()
	wanted.Store("gateway-key-two")
	w.must(os.WriteFile(key, []byte("gateway-key-two\n"), 0o600))
	d.signal(syscall.SIGHUP)
	d.until("the new key is in force", func() bool { return d.logged("the configuration was read again") })
	w.exec(`UPDATE staging.employee SET nom_naissance = nom_naissance || 'X'`)
	w.want(0, w.run("run", "paie", "--period", period, "--detach"))
	d.until("it has sent what was queued", func() bool {
		return w.text(`SELECT state FROM syncd.run ORDER BY id DESC LIMIT 1`) == "succeeded"
	})
	w.wantDelivered()
	d.stop()
	wanted.Store("gateway-key-three")
	w.exec(`UPDATE staging.employee SET nom_naissance = nom_naissance || 'Y'`)
	r := w.push().wait()
	w.wantSaid(r, "no subscription: •••")
	w.wantUnsaid(r, "gateway-key")
}
