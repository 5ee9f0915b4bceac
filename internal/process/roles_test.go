package process

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
	"syncd/migrations"
)

// TestTheRoleWithFewRights runs everything as the role that roles.sql makes, on a server of its own as roles belong to
// all databases: the check has nothing to warn of.
func TestTheRoleWithFewRights(t *testing.T) {
	t.Parallel()
	server, err := testpg.Start(testpg.Options{Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: t.TempDir(), db: server.New(t, testpg.Template{Name: "staging",
		Prepare: func(ctx context.Context, address string) error { return execute(ctx, address, migrations.Staging) }})}
	w.serve(sandbox.Faults{})
	w.configure(w.server.URL)
	w.fill(dossier, 5)
	w.exec(migrations.Roles)
	w.exec(migrations.Roles) // as often as one likes
	password := rand.Text()
	w.exec("ALTER ROLE syncd PASSWORD '" + password + "'")
	address, err := url.Parse(w.db.URL)
	w.must(err)
	address.User = url.UserPassword("syncd", password)
	w.database = address.String()

	w.want(0, w.run("migrate"))
	w.want(0, w.run("run", "dictionnaire"))
	r := w.run("check")
	w.want(0, r)
	if strings.Contains(r.stdout, "warn") {
		t.Errorf("the check warns:\n%s", r.stdout)
	}
	w.want(0, w.push().wait())
	w.wantDelivered()
	if err := execute(context.Background(), w.database, `DELETE FROM staging.employee`); err == nil {
		t.Error("the role can empty staging")
	}
}
