package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/config"
)

// manySchools configures as many dossiers more as manyMonths has months of.
func manySchools(c *config.Config) {
	for n := range 40 {
		c.AllDossiers = append(c.AllDossiers, config.Dossier{Name: fmt.Sprint("ecole-", n+1), Siret: fmt.Sprint(30000000000001 + n)})
	}
}

var linkToRun = regexp.MustCompile(`<a class="target" href="/runs/(\d+)">`)

// runsOn are the numbers of the runs that a page lists, in its order.
func runsOn(body string) (numbers []string) {
	for _, found := range linkToRun.FindAllStringSubmatch(body, -1) {
		numbers = append(numbers, found[1])
	}
	return numbers
}

// Who has one dossier among many finds its runs, however many the others had since.
func TestRunsOfOneDossierAmongMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, manySchools)
	run := s.execute("dictionnaire")
	s.db.Exec(t, manyMonths)
	marie := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	shown := marie.get("/runs").want(http.StatusOK, ">OGEC Saint-Martin</td>").body
	if got := runsOn(shown); !slices.Equal(got, []string{fmt.Sprint(run.ID)}) {
		t.Errorf("runs %v are shown, want %d alone:\n%s", got, run.ID, shown)
	}
	if contains(shown, "ecole-") || contains(shown, "plus anciennes") {
		t.Errorf("others are told of:\n%s", shown)
	}
	for _, path := range []string{"/runs?dossier=ecole-1", "/runs?dossier=nowhere", "/runs?before=x", "/runs?period=2026-13"} {
		marie.get(path).want(http.StatusNotFound)
	}
}

// Of more runs than a page lists, it says so, and leads to the older ones, within what was asked for.
func TestOlderRunsAreAPageAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, manySchools)
	s.execute("dictionnaire")
	s.db.Exec(t, manyMonths)
	marie := s.signedIn("marie", everything...)
	var seen []string
	pages := 0
	for path := "/runs"; path != ""; pages++ {
		shown := marie.get(path).want(http.StatusOK).body
		seen = append(seen, runsOn(shown)...)
		path = ""
		if found := regexp.MustCompile(`href="(/runs\?before=\d+)">`).FindStringSubmatch(shown); found != nil {
			path = found[1]
		}
	}
	all := s.text(`SELECT count(*)::text FROM syncd.run`)
	if fmt.Sprint(len(seen)) != all || len(slices.Compact(seen)) != len(seen) || pages != 3 {
		t.Errorf("%d pages list %d runs, of %s", pages, len(seen), all)
	}
	shown := marie.get("/runs?dossier=ecole-7&before="+seen[0]).want(http.StatusOK, `<option value="ecole-7" selected>`).body
	if n := len(runsOn(shown)); n != 3 {
		t.Errorf("%d runs of a dossier that had three:\n%s", n, shown)
	}
	shown = marie.get("/runs?period=2026-10").want(http.StatusOK, "octobre 2026").body
	if n := len(runsOn(shown)); n != 40 {
		t.Errorf("%d runs of a month of which there are 40", n)
	}
	marie.get("/runs?dossier=sainte-anne").want(http.StatusOK, "Aucune exécution ne correspond")
}

// The runs that a dossier had under a former name are its own.
func TestRunsUnderAFormerName(t *testing.T) {
	t.Parallel()
	s := newSite(t, manySchools)
	run := s.execute("dictionnaire")
	s.db.Exec(t, manyMonths)
	s.db.Exec(t, `UPDATE syncd.target SET dossier = 'college' WHERE dossier = 'saint-martin'`)
	marie := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	other := s.signedIn("ailleurs", accounts.Grant{Role: accounts.Read, Dossier: "sainte-anne"})
	for _, path := range []string{"/runs", "/runs?dossier=saint-martin"} {
		if got := runsOn(marie.get(path).want(http.StatusOK, ">OGEC Saint-Martin</td>").body); !slices.Equal(got, []string{fmt.Sprint(run.ID)}) {
			t.Errorf("%s shows runs %v, want %d alone", path, got, run.ID)
		}
	}
	if got := runsOn(other.get("/runs").want(http.StatusOK, "Il n&#39;y en a pas encore").body); len(got) > 0 {
		t.Errorf("runs %v are shown to who may not read them", got)
	}
}
