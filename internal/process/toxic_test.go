package process

import (
	"context"
	"net/url"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is the way to Postgres, which can be cut and poisoned.
type network struct {
	*toxiproxy.Proxy
	w *world
}

// poisonable leads programs that start afterwards to Postgres through a proxy.
func (w *world) poisonable() *network {
	w.t.Helper()
	direct, err := url.Parse(w.db.URL)
	w.must(err)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	n := &network{Proxy: toxiproxy.NewProxy(server, "postgres", "127.0.0.1:0", direct.Host), w: w}
	w.must(n.Start())
	w.t.Cleanup(n.Stop)
	detour := *direct
	detour.Host = n.Listen
	w.database = detour.String()
	return n
}

// heal lets everything pass again. While the proxy was stopped somebody's connection may have had its port.
func (n *network) heal() {
	n.w.t.Helper()
	n.Toxics.ResetToxics(context.Background())
	n.w.waitFor("the proxy has its port again", func() bool {
		err := n.Start()
		return err == nil || err == toxiproxy.ErrProxyAlreadyStarted //nolint:errorlint // it is returned as it is
	})
}

// poison adds a toxic, in toxiproxy's own words.
func (n *network) poison(toxic string) {
	n.w.t.Helper()
	_, err := n.Toxics.AddToxicJson(strings.NewReader(toxic))
	n.w.must(err)
}

// silence swallows every byte in both directions, as a firewall does.
func (n *network) silence() {
	n.w.t.Helper()
	for _, direction := range []string{"upstream", "downstream"} {
		n.poison(`{"type": "timeout", "stream": "` + direction + `", "attributes": {"timeout": 0}}`)
	}
}
