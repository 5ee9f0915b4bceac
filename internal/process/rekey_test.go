package process

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// renewKey names another ledger key in the configuration, and the one until now as the former.
func (w *world) renewKey(secret string) {
	w.t.Helper()
	sum := sha256.Sum256([]byte(secret))
	w.must(os.WriteFile(filepath.Join(w.dir, "next-key.secret"), []byte(base64.StdEncoding.EncodeToString(sum[:])+"\n"), 0o600))
	w.change(filepath.Join(w.dir, "config.toml"), `ledger_key = { file = "ledger-key.secret" }`,
		"ledger_key = { file = \"next-key.secret\" }\nledger_key_former = { file = \"ledger-key.secret\" }")
}

// A change of the ledger key is killed in the middle of documents, and again in the middle of runs. Nothing works with half
// of it, it goes on, and in the end nobody is sent again.
func TestRekeyIsKilledAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40, sandbox.Faults{})
	w.want(0, w.push().wait())
	w.want(2, w.run("rekey", "--reason", "she left")) // there is no other key yet
	w.renewKey("next key")
	w.wantSaid(w.push().wait(), "syncd rekey --help")

	conn := w.db.Connect(t)
	for _, locked := range []string{`SELECT 1 FROM syncd.baseline WHERE key = '00020' FOR UPDATE`,
		`SELECT 1 FROM syncd.run WHERE period IS NOT NULL FOR UPDATE`} {
		tx, err := conn.Begin(context.Background())
		w.must(err)
		_, err = tx.Exec(context.Background(), locked)
		w.must(err)
		p := w.start("rekey", "--reason", "she left")
		w.waitFor("the change of the key waits in Postgres", func() bool {
			return w.text(`SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`) != "0"
		})
		p.signal(syscall.SIGKILL)
		<-p.ended
		w.must(tx.Rollback(context.Background()))
		again := w.push().wait()
		w.want(6, again)
		w.wantSaid(again, "syncd rekey")
		w.want(6, w.run("cancel", "1", "--reason", "r"))
	}
	w.want(0, w.run("rekey", "--reason", "once more"))
	w.wantSaid(w.run("rekey", "--reason", "once more"), "already")

	sent := w.sandbox.Stats().Deliveries
	r := w.push().wait()
	w.want(0, r)
	w.wantSaid(r, "= 40  unchanged")
	if now := w.sandbox.Stats().Deliveries; now != sent {
		t.Errorf("%d documents were sent again", now-sent)
	}
}
