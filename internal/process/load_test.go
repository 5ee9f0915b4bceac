package process

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// export writes a month of so many employees, an element each, whose town and code tell which one it is.
func (w *world) export(name string, employees int) (args []string) {
	w.t.Helper()
	var staff, elements strings.Builder
	staff.WriteString("matricule;nom_naissance;prenom;date_naissance;ville\n")
	elements.WriteString("matricule;code;quantity;amount\n")
	for i := range employees {
		fmt.Fprintf(&staff, "%06d;Lemaître;Gaëlle;17/06/1975;%s\n", i, name)
		fmt.Fprintf(&elements, "%06d;%s;1,5;1 250,40\n", i, name)
	}
	args = []string{"staging", "load"}
	for file, text := range map[string]string{"employees": staff.String(), "elements": elements.String()} {
		path := filepath.Join(w.dir, name+"-"+file+".csv")
		w.must(os.WriteFile(path, []byte(text), 0o600))
		args = append(args, path)
	}
	slices.Sort(args[2:])
	slices.Reverse(args[2:]) // employees first
	for _, column := range []string{"civilite", "nom_usage", "nir", "email", "voie", "code_postal", "code_pays", "iban",
		"contrat", "date_debut", "date_fin", "categorie_temps", "taux_activite", "strate", "categorie", "fonction"} {
		args = append(args, "--column", column+"=")
	}
	return append(args, "--dossier", dossier, "--period", period, "--as-superuser")
}

// TestLoadKilledAtAnyInstant: the old month or the new one is there, whole, whenever the process dies; and who reads sees nothing else.
func TestLoadKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.serve(sandbox.Faults{})
	w.configure(w.server.URL)
	const employees = 3000
	months := map[string][]string{"ANGERS": w.export("ANGERS", employees), "BREST": w.export("BREST", employees)}
	began := time.Now()
	w.want(0, w.run(months["ANGERS"]...))
	took := time.Since(began)
	random := rand.New(rand.NewPCG(nextSeed(t), 0)) //nolint:gosec // not for secrets
	there, replaced := "ANGERS", 0
	for range 12 {
		next := map[string]string{"ANGERS": "BREST", "BREST": "ANGERS"}[there]
		p := w.start(months[next]...)
		timer := time.NewTimer(time.Duration(random.Int64N(int64(took) * 5 / 4)))
		select {
		case <-timer.C:
		case <-p.ended:
		}
		timer.Stop()
		p.signal(syscall.SIGKILL)
		p.wait()
		until(t, "the server has seen that nobody is there", func() bool {
			return w.number(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'syncd staging load' AND datname = current_database()`) == 0
		})
		seen := w.texts(`SELECT DISTINCT ville || count(*) OVER () FROM staging.employee UNION ALL
			SELECT DISTINCT code || count(*) OVER () FROM staging.payroll_element`)
		switch {
		case slices.Equal(seen, []string{there + fmt.Sprint(employees), there + fmt.Sprint(employees)}):
		case slices.Equal(seen, []string{next + fmt.Sprint(employees), next + fmt.Sprint(employees)}):
			there = next
			replaced++
		default:
			t.Fatalf("neither month is whole: %q", seen)
		}
	}
	t.Logf("%d of 12 loads had committed", replaced)
	w.want(0, w.run(months["BREST"]...))
}

// TestLoadStoppedByAPerson: Ctrl-C leaves the old month, and says so.
func TestLoadStoppedByAPerson(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.serve(sandbox.Faults{})
	w.configure(w.server.URL)
	args := w.export("ANGERS", 10)
	conn := w.db.Connect(t)
	_, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE staging.employee IN SHARE ROW EXCLUSIVE MODE")
	w.must(err)
	p := w.start(args...)
	until(t, "it waits", func() bool { return strings.Contains(p.stderr.String(), "somebody else is replacing the tables") })
	p.signal(syscall.SIGINT)
	r := p.wait()
	w.want(4, r)
	w.wantSaid(r, "stopped: staging is as before")
	_, err = conn.Exec(t.Context(), "COMMIT")
	w.must(err)
	if n := w.number("SELECT count(*) FROM staging.employee"); n != 0 {
		t.Errorf("%d rows", n)
	}
}
